import { NOTES } from '../core/note.ts'
import { loginCallback } from '../core/settings/public-url.ts'
import { createDirectory, type Providers } from '../upstream/directory.ts'
import { prepareAhead } from '../upstream/metadata/prepare.ts'
import { createOutbound } from '../upstream/outbound/outbound.ts'
import { createProvider } from '../upstream/provider.ts'
import type { AppContext } from './context.ts'
import { type Emulation, emulate, inOrder } from './emulation.ts'

/** The enabled providers at work, those of the emulator among them, and the emulator where it runs. */
export async function openProviders({
  app,
  settings,
  meter,
  tracer,
  outboundMs,
}: AppContext): Promise<{ providers: Providers; emulator: Emulation['emulator'] }> {
  const outbound = createOutbound(settings.forwardProxies)
  app.addHook('onClose', () => outbound.close())
  const emulation = await emulate(settings)
  app.addHook('onClose', () => emulation.close())
  const providers = createDirectory(
    inOrder([...settings.providers, ...emulation.providers]).map((enabled) => {
      const { id } = enabled.row
      return createProvider({
        ...enabled,
        callbackUrl: loginCallback(settings.publicUrl, id),
        outbound,
        outboundMs,
        tracer,
        callEnded: (...call) => meter.callEnded(id, ...call),
        note: (event, facts) => app.log.warn({ event, provider: id, ...facts }, NOTES[event]),
      })
    }),
  )
  // After the first answer is possible, not before.
  app.addHook('onListen', async () => {
    for (const provider of providers.list) prepareAhead(provider, app.log)
  })
  return { providers, emulator: emulation.emulator }
}
