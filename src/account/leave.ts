import type { FastifyInstance } from 'fastify'
import type { Accounts, TakingAway } from '../core/identity/accounts.ts'
import { deleteMe } from './docs/me.ts'
import { sessionOver, signInAgain, type TokenOptions } from './protected.ts'
import { signedInRoute } from './signed-in-route.ts'

/** Revokes the provider tokens of a user who leaves. */
export interface Leaving extends TakingAway {
  wakeOutbox: () => void
}

/** What deleting an account needs. */
export interface LeaveOptions extends Leaving {
  accounts: Accounts
  cookies: Pick<TokenOptions['cookies'], 'clear'>
}

/**
 * `DELETE /me`: the user is deleted before the answer; the providers are told in the background.
 */
export function leaveRoute(room: FastifyInstance, options: LeaveOptions): void {
  const { accounts, revocable, reauthSeconds, wakeOutbox, cookies } = options
  signedInRoute(room, 'DELETE', '/me', deleteMe, async ({ caller, request, reply }) => {
    const { outcome } = await accounts.remove(caller, { revocable, reauthSeconds })
    if (outcome === 'session_over') throw sessionOver()
    if (outcome === 'sign_in_again') throw signInAgain(reauthSeconds)
    wakeOutbox()
    if (request.headers.authorization === undefined) cookies.clear(reply)
    request.log.info({ event: 'user_deleted', user: caller.userId }, 'deleted a user')
    return reply.code(204).send()
  })
}
