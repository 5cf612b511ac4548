import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { LatchkeyError } from '../core/errors.ts'
import { TokenResponse } from '../core/token-response.ts'
import { OAuthProblem } from '../http/documented.ts'
import { FORM_OR_JSON } from '../http/forms.ts'
import { withOutcome } from '../http/outcome.ts'
import { route } from '../http/route.ts'
import type { GrantOptions } from './grant-options.ts'
import { grantTypes } from './grant-types.ts'
import { tokenExamples } from './token-examples.ts'
import { RefreshedInCookies, TokenRequest } from './token-request.ts'

/** What the token endpoint needs. */
export interface TokenEndpointOptions extends GrantOptions {
  /** What counts a request, and throws where it is one too many. */
  limits: Record<'token' | 'native', (request: FastifyRequest) => Promise<void>>
  /** Told how each request for tokens ends: `success`, or the code of an error. */
  grantEnded: (grantType: string, outcome: string) => void
}

/** `POST /token`: swaps a code, a refresh token or a provider's token for tokens. */
export function tokenEndpoint(room: FastifyInstance, options: TokenEndpointOptions): void {
  route(room, 'POST', '/token', {
    docs: {
      operationId: 'getTokens',
      summary: 'Swap a code or a refresh token for tokens',
      description:
        'RFC 6749, sections 4.1.3 and 6, and RFC 8693 for native sign-in. A refresh token rotates: the one before counts for ten seconds more, any other reuse ends the session. In cookie mode the answer holds no token.',
      tags: ['tokens'],
      security: [{}, { client: [] }, { refreshCookie: [] }],
      consumes: FORM_OR_JSON,
      answers: {
        200: 'The tokens.',
        401: 'The client is unknown or did not authenticate.',
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
      200: z.union([TokenResponse, RefreshedInCookies]),
      400: OAuthProblem,
      401: OAuthProblem,
      403: OAuthProblem,
      429: OAuthProblem,
      503: OAuthProblem,
    },
    // Before the body is read.
    onRequest: options.limits.token,
    handle: ({ body, request, reply }) => {
      reply.header('pragma', 'no-cache')
      const { grant_type: type } = body
      const grant = grantTypes.get(type)
      if (grant === undefined) {
        throw new LatchkeyError('unsupported_grant_type', 'This grant_type is not supported.')
      }
      return withOutcome(grant(options, request, reply, body), (outcome) =>
        options.grantEnded(type, outcome),
      )
    },
  })
}
