import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Accounts } from '../core/stores.ts'
import { NoBody } from '../http/documented.ts'
import { forgedCookie, withoutToken } from '../http/examples.ts'
import { InvalidToken, Problem } from '../http/problems.ts'
import { callerOf, invalidToken } from './protected.ts'

/** What happens to grants that are left. */
export interface Leaving {
  /** Providers at which there may be something to revoke. */
  revocable: readonly string[]
  wakeOutbox: () => void
}

/** What leaving needs. */
export interface LeaveOptions extends Leaving {
  accounts: Accounts
  clearCookies: (reply: FastifyReply) => void
}

/** `DELETE /me`: the user is gone with the answer; the providers are told behind it. */
export function leaveRoute(room: FastifyInstance, options: LeaveOptions): void {
  const { accounts, revocable, wakeOutbox, clearCookies } = options
  room.withTypeProvider<ZodTypeProvider>().delete(
    '/me',
    {
      schema: {
        tags: ['account'],
        security: [{ accessToken: [] }, { sessionCookie: [] }],
        operationId: 'deleteMe',
        summary: 'Delete the signed-in user',
        description:
          'With all identities and sessions, at once and for good. What the person granted at the ' +
          'providers is revoked there in the background. With the session cookie it needs a ' +
          'registered `Origin`.',
        response: { 204: NoBody, 403: Problem, 401: InvalidToken, 503: Problem },
        answers: { 204: 'The user is gone.', 403: 'The request may be forged.' },
        cookies: { 204: 'Clears the session cookies, where the session is in cookies.' },
        examples: {
          leave: { summary: 'With an access token', status: 204 },
          forged: forgedCookie({}),
          no_token: withoutToken,
        },
      },
    },
    async (request, reply) => {
      const { userId, sessionId } = callerOf(request)
      if (!(await accounts.remove(userId, sessionId, revocable))) throw invalidToken()
      wakeOutbox()
      if (request.headers.authorization === undefined) clearCookies(reply)
      request.log.info({ event: 'user_deleted', user: userId }, 'deleted a user')
      return reply.code(204).send()
    },
  )
}
