import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { Account } from '../core/account.ts'
import type { Accounts } from '../core/stores.ts'
import { Problem } from '../http/problems.ts'
import { type Caller, invalidToken, requireToken } from './protected.ts'

/** `/me` and all below it: the signed-in user. */
export async function accountRoutes(
  app: FastifyInstance,
  options: { accounts: Accounts; verifyToken: (token: string) => Caller | null },
): Promise<void> {
  requireToken(app, options.verifyToken)
  app.withTypeProvider<ZodTypeProvider>().get(
    '/me',
    {
      schema: {
        summary: 'The signed-in user',
        description: 'OpenID Connect UserInfo claims, and the identities the user signs in with.',
        tags: ['account'],
        security: [{ accessToken: [] }],
        response: { 200: Account, 401: Problem.omit({ request_id: true }), 503: Problem },
      },
    },
    async (request) => {
      const { userId, sessionId } = request.caller ?? fail()
      return (await options.accounts.findBySession(userId, sessionId)) ?? fail()
    },
  )
}

function fail(): never {
  throw invalidToken()
}
