import type { FastifyInstance } from 'fastify'
import { LatchkeyError } from '../core/errors.ts'
import { claimsOf } from '../core/identity/account.ts'
import type { Accounts } from '../core/identity/accounts.ts'
import type { Identities } from '../core/identity/identities.ts'
import { LAST, listIdentities, NOT_FOUND, unlinkIdentity } from './docs/identities.ts'
import type { Leaving } from './leave.ts'
import { alive, sessionOver, signInAgain } from './protected.ts'
import { signedInRoute } from './signed-in-route.ts'

/** `/me/identities`: what the user signs in with. This lists and unlinks; `link.ts` adds. */
export function identityRoutes(
  room: FastifyInstance,
  options: { accounts: Accounts; identities: Identities } & Leaving,
): void {
  const { accounts, identities, revocable, reauthSeconds, wakeOutbox } = options

  signedInRoute(room, 'GET', '/me/identities', listIdentities, async ({ caller }) => {
    const account = alive(await accounts.findBySession(caller))
    return claimsOf(account, caller.scope).identities ?? []
  })

  signedInRoute(room, 'DELETE', '/me/identities/:provider', unlinkIdentity, async (call) => {
    const { userId, clientId: client } = call.caller
    // Other names belong to no provider and are not sent to the database, which refuses some texts.
    const provider = /^[a-z0-9_-]+$/.test(call.params.provider) ? call.params.provider : ''
    const unlinked = await identities.unlink(call.caller, provider, { revocable, reauthSeconds })
    if (unlinked.outcome === 'session_over') throw sessionOver()
    if (unlinked.outcome === 'sign_in_again') throw signInAgain(reauthSeconds)
    if (unlinked.outcome === 'not_found') throw new LatchkeyError('not_found', NOT_FOUND)
    if (unlinked.outcome !== 'unlinked') throw new LatchkeyError('last_identity', LAST)
    wakeOutbox()
    call.request.log.info(
      {
        event: 'identity_unlinked',
        user: userId,
        provider,
        client,
        ended_sessions: unlinked.endedSessions,
      },
      'unlinked an identity',
    )
    return call.reply.code(204).send()
  })
}
