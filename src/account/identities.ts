import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Identity } from '../core/account.ts'
import { LatchkeyError } from '../core/errors.ts'
import type { Accounts, Identities } from '../core/stores.ts'
import { NoBody, refused } from '../http/documented.ts'
import { exampleAccount, forgedCookie, withoutToken } from '../http/examples.ts'
import { InvalidToken, Problem } from '../http/problems.ts'
import type { Leaving } from './leave.ts'
import { callerOf, invalidToken } from './protected.ts'

/** `/me/identities`: what the user signs in with. */
export function identityRoutes(
  room: FastifyInstance,
  options: { accounts: Accounts; identities: Identities } & Leaving,
): void {
  const { accounts, identities, revocable, wakeOutbox } = options
  const typed = room.withTypeProvider<ZodTypeProvider>()
  const shared = { tags: ['account'], security: [{ accessToken: [] }, { sessionCookie: [] }] }
  const problems = { 401: InvalidToken, 503: Problem }

  typed.get(
    '/me/identities',
    {
      schema: {
        ...shared,
        operationId: 'listIdentities',
        summary: 'The user’s identities',
        description: 'The accounts at providers that the user signs in with, as `/me` has them.',
        response: { 200: z.array(Identity), ...problems },
        answers: { 200: 'The identities, the one linked first first.' },
        examples: {
          one: { summary: 'One identity', status: 200, answer: exampleAccount.identities },
          no_token: withoutToken,
        },
      },
    },
    async (request) => {
      const { userId, sessionId } = callerOf(request)
      const account = await accounts.findBySession(userId, sessionId)
      if (account === null) throw invalidToken()
      return account.identities
    },
  )

  typed.delete(
    '/me/identities/:provider',
    {
      schema: {
        ...shared,
        operationId: 'unlinkIdentity',
        summary: 'Unlink an identity',
        description:
          'The user signs in with it no more; whoever signs in with it later is another user. What the person granted at the provider is revoked there in the background. Sessions go on. The last one stays. With the session cookie it needs a registered `Origin`.',
        params: z.object({
          provider: z.string().max(64).meta({ description: 'Of one of the user’s identities.' }),
        }),
        response: { 204: NoBody, 403: Problem, 404: Problem, 409: Problem, ...problems },
        answers: {
          204: 'It is gone.',
          403: 'The request may be forged.',
          409: 'The user could not sign in any more.',
        },
        examples: {
          second: {
            summary: 'One of two',
            parameters: { provider: '$LINKED_PROVIDER' },
            status: 204,
          },
          last: refused('last_identity', LAST, {
            summary: 'The last one',
            parameters: { provider: '$ONLY_PROVIDER' },
          }),
          unknown: refused('not_found', NOT_FOUND, {
            summary: 'A provider that the user has no identity at',
            parameters: { provider: 'naver' },
          }),
          forged: forgedCookie({ parameters: { provider: 'kakao' } }),
          no_token: { ...withoutToken, parameters: { provider: 'kakao' } },
        },
      },
    },
    async (request, reply) => {
      const { userId, sessionId, clientId: client } = callerOf(request)
      // What no provider can be called is not sent to the database, which does not take all texts.
      const provider = /^[a-z0-9-]+$/.test(request.params.provider) ? request.params.provider : ''
      const unlinked = await identities.unlink(userId, sessionId, provider, revocable)
      if (unlinked.outcome === 'session_over') throw invalidToken()
      if (unlinked.outcome === 'not_found') throw new LatchkeyError('not_found', NOT_FOUND)
      if (unlinked.outcome === 'last_identity') throw new LatchkeyError('last_identity', LAST)
      wakeOutbox()
      request.log.info(
        { event: 'identity_unlinked', user: userId, provider, client },
        'unlinked an identity',
      )
      return reply.code(204).send()
    },
  )
}

const NOT_FOUND = 'The user has no identity at this provider.'
const LAST = 'It is the last identity of this user, who could not sign in without it.'
