import type { FastifyInstance, FastifyReply } from 'fastify'
import { findClient } from '../core/client/client.ts'
import { type Account, claimsOf } from '../core/identity/account.ts'
import type { Accounts } from '../core/identity/accounts.ts'
import type { Identities } from '../core/identity/identities.ts'
import type { Sessions } from '../core/tokens/sessions.ts'
import type { UserLimit } from '../http/limits.ts'
import { acceptForms } from '../http/routes/forms.ts'
import { editMe, getMe, postMe } from './docs/me.ts'
import { type ExportOptions, exportRoute } from './export.ts'
import { identityRoutes } from './identities.ts'
import { type LeaveOptions, leaveRoute } from './leave.ts'
import { type LinkOptions, linkRoute } from './link.ts'
import {
  alive,
  type Caller,
  refuseOverFirst,
  requireScope,
  requireToken,
  type TokenOptions,
} from './protected.ts'
import { type ProviderTokenOptions, providerTokenRoute } from './provider-token.ts'
import { sessionRoutes } from './sessions.ts'
import { signedInRoute } from './signed-in-route.ts'

/** `/me` and all below it: the account of the signed-in user. */
export async function accountRoutes(
  room: FastifyInstance,
  options: TokenOptions &
    LinkOptions &
    LeaveOptions &
    ExportOptions &
    ProviderTokenOptions & {
      accounts: Accounts
      identities: Identities
      sessions: Sessions
      limits: { account: UserLimit }
    },
): Promise<void> {
  const { accounts, clients, sessions, limits } = options
  requireToken(room, options)
  refuseOverFirst(room, sessions)

  const showMe = async ({ caller, reply }: { caller: Caller; reply: FastifyReply }) => {
    const json = alive(await accounts.findJsonBySession(caller))
    // For the usual scopes the database's JSON text is sent as it is.
    const text = ALL.every((scope) => caller.scope.has(scope))
      ? json
      : JSON.stringify(claimsOf(JSON.parse(json) as Account, caller.scope))
    return reply.type('application/json; charset=utf-8').send(text)
  }
  signedInRoute(room, 'GET', '/me', getMe, showMe)
  await room.register(async (inner) => {
    // A client that asks by POST may send the content type of a form, with no content.
    acceptForms(inner, { json: true })
    signedInRoute(inner, 'POST', '/me', postMe, showMe)
  })

  await room.register(async (inner) => {
    requireScope(inner, 'account', limits.account)
    signedInRoute(inner, 'PATCH', '/me', editMe, async ({ caller, body }) =>
      claimsOf(alive(await accounts.edit(caller, body)), caller.scope),
    )
    leaveRoute(inner, options)
    exportRoute(inner, options)
    identityRoutes(inner, options)
    sessionRoutes(inner, sessions)
    // The only route that takes forms.
    await inner.register(async (forms) => linkRoute(forms, options))
  })
  await room.register(async (inner) => {
    const mayHave = (id: string) => findClient(clients, id)?.providerTokens === true
    requireScope(inner, 'provider_tokens', limits.account, mayHave)
    providerTokenRoute(inner, options)
  })
}

/** The scopes that together show everything about a user. */
const ALL = ['profile', 'email', 'account'] as const
