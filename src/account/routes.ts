import type { FastifyInstance } from 'fastify'
import type { Accounts, Identities, Sessions } from '../core/stores.ts'
import { editMe, getMe } from './docs/me.ts'
import { exportRoute } from './export.ts'
import { identityRoutes } from './identities.ts'
import { type LeaveOptions, leaveRoute } from './leave.ts'
import { type LinkOptions, linkRoute } from './link.ts'
import { alive, requireToken, type TokenOptions } from './protected.ts'
import { type ProviderTokenOptions, providerTokenRoute } from './provider-token.ts'
import { sessionRoutes } from './sessions.ts'
import { signedInRoute } from './signed-in-route.ts'

/** `/me` and all below it: the signed-in user. */
export async function accountRoutes(
  room: FastifyInstance,
  options: TokenOptions &
    LinkOptions &
    LeaveOptions &
    ProviderTokenOptions & { accounts: Accounts; identities: Identities; sessions: Sessions },
): Promise<void> {
  const { accounts, sessions } = options
  requireToken(room, options)

  signedInRoute(room, 'GET', '/me', getMe, async ({ caller, reply }) => {
    const json = alive(await accounts.findJsonBySession(caller))
    // Already text: it is sent as the database made it.
    return reply.type('application/json; charset=utf-8').send(json)
  })

  signedInRoute(room, 'PATCH', '/me', editMe, async ({ caller, body }) =>
    alive(await accounts.edit(caller, body)),
  )

  leaveRoute(room, options)
  exportRoute(room, accounts)
  identityRoutes(room, options)
  // The only one that takes forms.
  await room.register(async (inner) => linkRoute(inner, options))
  providerTokenRoute(room, options)
  sessionRoutes(room, sessions)
}
