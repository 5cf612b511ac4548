import { readFileSync } from 'node:fs'
import { settingsPrefix } from '../../settings/prefix.ts'
import { createOutbound } from '../../upstream/outbound.ts'
import { registrationOf } from '../../upstream/registration.ts'
import type { AdminRun } from './open-stores.ts'
import type { Shown } from './print.ts'
import { AdminError, UsageError } from './usage.ts'

/** `admin google-risc …`, `admin twitch-eventsub …`: by the name that the provider's row gives it. */
export async function runRegistration(
  command: string,
  { settings, words }: AdminRun,
): Promise<Shown> {
  const [verb = ''] = words
  const provider = settings.providers.find(
    ({ row }) => row.events?.registration?.command === command,
  )
  if (provider === undefined) throw new AdminError('This provider is not enabled by the settings.')
  const outbound = createOutbound(settings.forwardProxies)
  try {
    const { publicUrl } = settings
    const readFile = (path: string) => readFileSync(path, 'utf8')
    const calls = registrationOf(provider, { publicUrl, outbound, readFile })
    if (calls === null) throw new UsageError(`There is no command ${command}.`)
    const prefix = settingsPrefix(provider.row.id)
    const [missing] = calls.missing
    if (missing !== undefined) throw new AdminError(`${prefix}${missing} is missing.`)
    const { verify } = calls
    if (verb === 'register') await calls.register()
    else if (verb === 'verify' && verify !== undefined) await verify()
    else if (verb !== 'status') {
      throw new UsageError(`There is no command ${command} ${JSON.stringify(verb)}.`)
    }
    const found = await calls.status()
    if (found === null) throw new AdminError('Nothing is registered.')
    if (found.address !== calls.address) {
      throw new AdminError(`Events are sent to ${found.address}, not to ${calls.address}.`)
    }
    return { rows: [{ address: found.address, state: found.state }] }
  } finally {
    await outbound.close()
  }
}
