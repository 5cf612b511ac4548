import { ZodError } from 'zod'
import { settingsPrefix } from '../../core/settings/prefix.ts'
import { builtInProviders } from '../../providers/index.ts'
import type { Settings } from '../../settings/index.ts'
import { createOutbound } from '../../upstream/outbound/outbound.ts'
import { registrationAt } from '../event-registration.ts'
import type { AdminRun } from './open-stores.ts'
import type { Shown } from './print.ts'
import { AdminError, UsageError } from './usage.ts'

/**
 * `admin google-risc …`, `admin twitch-eventsub …`: the command's name comes from the provider's
 * row.
 */
export async function runRegistration(
  command: string,
  { settings, words }: AdminRun,
): Promise<Shown> {
  const [verb = ''] = words
  const provider = settings.providers.find(
    ({ row }) => row.events?.registration?.command === command,
  )
  if (provider === undefined) throw new AdminError(whyNot(command, settings))
  const outbound = createOutbound(settings.forwardProxies)
  try {
    const calls = registrationAt(provider, settings, outbound)
    if (calls === null) throw new UsageError(`There is no command ${command}.`)
    const prefix = settingsPrefix(provider.row.id)
    const [missing] = calls.missing
    if (missing !== undefined) throw new AdminError(`${prefix}${missing} is missing.`)
    const { verify } = calls
    const { name } = provider.row
    if (verb === 'register') await asked(name, calls.register)
    else if (verb === 'verify' && verify !== undefined) await asked(name, verify)
    else if (verb !== 'status') {
      throw new UsageError(`There is no command ${command} ${JSON.stringify(verb)}.`)
    }
    const found = await asked(name, calls.status)
    if (found === null) throw new AdminError('Nothing is registered.')
    if (found.address !== calls.address) {
      throw new AdminError(`Events are sent to ${found.address}, not to ${calls.address}.`)
    }
    if (found.isOff) throw new AdminError(`The provider has stopped sending: ${found.state}.`)
    const row = { address: found.address, state: found.state }
    if (verb !== 'verify') return { rows: [row] }
    const line = `${name} was asked to send a verification to ${found.address}: the log has a line with "told":"verification" when it has come.`
    return { line, one: row }
  } finally {
    await outbound.close()
  }
}

/** Calls the provider. Failures are told in words that contain nothing of a key file. */
async function asked<T>(name: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    const isUnread = error instanceof SyntaxError || error instanceof ZodError
    const why = isUnread ? 'the key file or its answer is not as documented' : String(error)
    throw new AdminError(`${name} does not do it: ${why.replace(/^\w*Error: /, '')}`)
  }
}

/** Why nothing can be registered: the provider is emulated here, or not enabled. */
function whyNot(command: string, { emulate }: Settings): string {
  const row = builtInProviders.find(({ events }) => events?.registration?.command === command)
  return row !== undefined && emulate.includes(row.id)
    ? `${row.name} is played by the emulator, which sends its events without a registration: press the buttons on its page. Set ${settingsPrefix(row.id)}CLIENT_ID to use the real one.`
    : 'This provider is not enabled by the settings.'
}
