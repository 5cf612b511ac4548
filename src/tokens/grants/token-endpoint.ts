import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { isConfidential } from '../../core/client/client.ts'
import { checkScope } from '../../core/client/scope.ts'
import { LatchkeyError } from '../../core/errors.ts'
import { said } from '../../core/messages.ts'
import { ClientTokenResponse, TokenResponse } from '../../core/tokens/token-response.ts'
import type { FailureLimit, RateLimit } from '../../http/limits.ts'
import { withOutcome } from '../../http/outcome.ts'
import { OAuthProblem } from '../../http/routes/documented.ts'
import { FORM_OR_JSON } from '../../http/routes/forms.ts'
import { route } from '../../http/routes/route.ts'
import { authenticateClient } from '../authenticate-client.ts'
import type { GrantCall, GrantOptions } from './grant-options.ts'
import { comesByCookie, type Granted, grantTypes } from './grant-types.ts'
import { refreshByCookie } from './refresh.ts'
import { tokenExamples } from './token-examples.ts'
import { RefreshedInCookies, TokenRequest } from './token-request.ts'

/** What the token endpoint needs of other rooms. */
export interface TokenEndpointOptions extends GrantOptions {
  /** Each counts requests and throws `rate_limited`. */
  limits: Record<'token' | 'native', RateLimit> & {
    client: FailureLimit
  }
  /** Counts how each token request ends: `success`, or an error code. */
  grantEnded: (grantType: string, outcome: string) => void
}

/**
 * `POST /token`: exchanges a code, a refresh token, a provider's token or a client's credentials
 * for tokens.
 */
export function tokenEndpoint(room: FastifyInstance, options: TokenEndpointOptions): void {
  route(room, 'POST', '/token', {
    docs: {
      operationId: 'getTokens',
      summary: 'Exchange a code or a refresh token for tokens',
      description:
        'RFC 6749, sections 4.1.3, 4.4 and 6, and RFC 8693 for native sign-in. For a minute, a repeated code gives the same tokens to the same client with the same proof. A refresh token rotates. It may be repeated for ten seconds, and once later while its successor is unused; any other reuse ends the session. In cookie mode the answer contains no token.',
      tags: ['tokens'],
      security: [{}, { client: [] }, { refreshCookie: [] }],
      consumes: FORM_OR_JSON,
      answers: {
        200: 'The tokens.',
        401: said.clientRefused,
        403: 'The session cookie was sent from a page that is not registered.',
        503: 'The database or the provider cannot be reached.',
      },
      cookies: {
        200: 'In cookie mode the new tokens.',
        400: 'In cookie mode: the session is over.',
      },
      examples: tokenExamples,
    },
    form: TokenRequest,
    responses: {
      200: z.union([TokenResponse, ClientTokenResponse, RefreshedInCookies]),
      400: OAuthProblem,
      401: OAuthProblem,
      403: OAuthProblem,
      429: OAuthProblem,
      503: OAuthProblem,
    },
    handle: ({ body, request, reply }) => {
      reply.header('pragma', 'no-cache')
      return withOutcome(answer(options, { body, request, reply }), (outcome) =>
        options.grantEnded(grantTypes.has(body.grant_type) ? body.grant_type : 'unknown', outcome),
      )
    },
  })
}

/**
 * Authenticates the client and runs the grant. Only a client with a valid secret is not rate
 * limited.
 */
async function answer(options: TokenEndpointOptions, call: GrantCall): Promise<Granted> {
  const { body, request } = call
  const limit = () => options.limits.token(request)
  checkScope(body.scope)
  const grant = grantTypes.get(body.grant_type)
  if (grant === undefined) {
    await limit()
    throw new LatchkeyError('unsupported_grant_type', 'This grant_type is not supported.')
  }
  const isByCookie = comesByCookie(options, call)
  if (body.grant_type === 'refresh_token' && body.refresh_token === undefined && !isByCookie) {
    throw new LatchkeyError('invalid_request', 'The refresh_token is missing.')
  }
  const client = isByCookie
    ? null
    : await authenticateClient(options, request, body).catch(async (error) => {
        await limit()
        throw error
      })
  if (client === null || !isConfidential(client)) await limit()
  return client === null ? refreshByCookie(options, call) : grant(options, client, call)
}
