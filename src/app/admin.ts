import { adminRoutes } from '../admin/routes.ts'
import type { AppContext, Shared } from './context.ts'

/** What the operator's own programs call. Nobody's pages: it has no CORS. */
export async function addAdmin(
  { app, stores, settings }: AppContext,
  { tokens, wakeOutbox }: Shared,
  revocable: readonly string[],
): Promise<void> {
  await app.register(async (room) =>
    adminRoutes(room, {
      users: stores.adminUsers,
      clients: settings.clients,
      sessions: stores.sessions,
      tokens: { verify: tokens.verifyAccessToken, issuer: tokens.issuer },
      revocable,
      wakeOutbox,
    }),
  )
}
