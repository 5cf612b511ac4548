import type { FastifyInstance } from 'fastify'
import type { Accounts } from '../core/stores.ts'
import { deleteMe } from './docs/me.ts'
import { alive, type TokenOptions } from './protected.ts'
import { signedInRoute } from './signed-in-route.ts'

/** What happens to grants that are left. */
export interface Leaving {
  /** Providers at which there may be something to revoke. */
  revocable: readonly string[]
  wakeOutbox: () => void
}

/** What leaving needs. */
export interface LeaveOptions extends Leaving {
  accounts: Accounts
  cookies: Pick<TokenOptions['cookies'], 'clear'>
}

/** `DELETE /me`: the user is gone with the answer; the providers are told behind it. */
export function leaveRoute(room: FastifyInstance, options: LeaveOptions): void {
  const { accounts, revocable, wakeOutbox, cookies } = options
  signedInRoute(room, 'DELETE', '/me', deleteMe, async ({ caller, request, reply }) => {
    const { userId } = caller
    alive(await accounts.remove(caller, revocable))
    wakeOutbox()
    if (request.headers.authorization === undefined) cookies.clear(reply)
    request.log.info({ event: 'user_deleted', user: userId }, 'deleted a user')
    return reply.code(204).send()
  })
}
