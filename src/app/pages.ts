import { logoRoute } from '../pages/logo.ts'
import type { TellingEmulator } from '../pages/playground/disconnect.ts'
import type { WebhookReceiver } from '../pages/playground/receiver.ts'
import { playgroundRoutes } from '../pages/playground/routes.ts'
import { pageRoutes } from '../pages/routes.ts'
import type { AppContext, Shared } from './context.ts'

/** What the playground has where providers are emulated. */
interface Emulated {
  emulator: TellingEmulator | null
  receiver: WebhookReceiver | null
}

/** The list of providers, the logo, and the playground. */
export async function addPages(
  { app, settings }: AppContext,
  { providers }: Shared,
  emulation: Emulated,
): Promise<void> {
  const { publicUrl, clients, emulate: emulated, brand } = settings
  const rows = providers.list.map(({ row }) => row)
  await app.register(async (room) => {
    pageRoutes(room, { publicUrl, providers: rows })
    if (brand.logo !== null) logoRoute(room, brand.logo)
  })
  await app.register(async (room) =>
    playgroundRoutes(room, { publicUrl, clients, providers: rows, emulated, ...emulation }),
  )
}
