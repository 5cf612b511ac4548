import type { FastifyInstance } from 'fastify'
import type { Settings } from '../settings/index.ts'
import { addClientRooms } from './clients.ts'
import type { AppDependencies } from './context.ts'
import { addEvents, openOutbox, playgroundTarget } from './events.ts'
import { addLogins } from './logins.ts'
import { addOperations, openLimits } from './operations.ts'
import { addPages } from './pages.ts'
import { openProviders } from './providers.ts'
import { openServer } from './server.ts'
import { addTokenRooms, openCookies, openTokens } from './tokens.ts'

/** Loads modules that only some apps need, while something else is being waited for. */
export async function loadAhead({ emulate }: Settings): Promise<void> {
  if (emulate.length > 0) await import('../emulator/index.ts')
}

/** Builds the whole service, ready to listen. */
export async function buildApp(
  settings: Settings,
  dependencies: AppDependencies,
): Promise<FastifyInstance> {
  // What all rooms share.
  const { refuseOtherMethods, recovery, ...context } = await openServer(settings, dependencies)
  const { providers, emulator } = await openProviders(context)
  const tokens = await openTokens(context)
  const cookies = openCookies(context, tokens)
  const limits = openLimits(context)
  const receiver = playgroundTarget(settings)
  const { wakeOutbox, listen } = await openOutbox(context, { tokens, providers, receiver })
  const shared = { tokens, cookies, providers, limits, wakeOutbox }

  // The rooms. Signing in: a person comes, goes to a provider and comes back.
  const logins = await addLogins(context, shared, recovery)
  await addPages(context, shared, { emulator, receiver: receiver && { target: receiver, listen } })
  // What apps use to verify tokens, and to sign people out.
  await addTokenRooms(context, shared)
  // What apps and their pages call: tokens, and the signed-in user.
  await addClientRooms(context, shared, logins)
  // Providers' events, the audit log, and what is sent to receivers.
  await addEvents(context, shared)
  // Health, metrics, documentation and sweeping.
  await addOperations(context)

  refuseOtherMethods()
  await context.app.ready()
  return context.app
}
