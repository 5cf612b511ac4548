import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { findClient, isConfidential } from '../core/client/client.ts'
import { LatchkeyError } from '../core/errors.ts'
import { said } from '../core/messages.ts'
import { hashToken } from '../core/secrets.ts'
import type { Sessions } from '../core/tokens/sessions.ts'
import { askerOf } from '../http/requests/asker.ts'
import { OAuthProblem } from '../http/routes/documented.ts'
import { FORM_OR_JSON } from '../http/routes/forms.ts'
import { route } from '../http/routes/route.ts'
import {
  authenticateClient,
  type ClientAuthOptions,
  clientCredentials,
} from './authenticate-client.ts'
import { introspectExamples, revokeExamples } from './grants/token-examples.ts'
import type { Tokens } from './tokens.ts'

/** What revocation and introspection need of other rooms. */
export interface TokenStatusOptions extends ClientAuthOptions {
  sessions: Sessions
  tokens: Pick<Tokens, 'verifyAccessToken' | 'issuer'>
}

/** The request of RFC 7009, section 2.1 and RFC 7662, section 2.1. */
const TokenStatusRequest = z.object({
  token: z.string().meta({ description: 'An access or refresh token of ours.' }),
  token_type_hint: z.string().max(64).optional().meta({ description: 'Not needed.' }),
  ...clientCredentials,
})

/** The answer of introspection; of a token that is not active it says nothing else. */
const TokenStatus = z
  .object({
    active: z.boolean().meta({ description: 'Whether the token counts.' }),
    token_type: z
      .enum(['Bearer', 'refresh_token'])
      .optional()
      .meta({ description: '`Bearer` is an access token.' }),
    client_id: z.string().optional().meta({ description: 'The app that it was issued to.' }),
    scope: z.string().optional().meta({ description: 'What was granted, separated by spaces.' }),
    sub: z
      .string()
      .optional()
      .meta({ description: 'The user’s id; the client of a token that it has for itself.' }),
    sid: z.uuid().optional().meta({ description: 'The session’s id.' }),
    iss: z.url().optional().meta({ description: 'PUBLIC_URL.' }),
    aud: z
      .union([z.string(), z.array(z.string())])
      .optional()
      .meta({
        description: 'The `resource` that was asked for, else TOKEN_AUDIENCE and PUBLIC_URL.',
      }),
    auth_time: z
      .int()
      .optional()
      .meta({ description: 'When the person authenticated, where the provider signed it.' }),
    roles: z.array(z.string()).optional().meta({ description: 'With the scope `roles`.' }),
    iat: z.int().optional().meta({ description: 'Seconds since 1970.' }),
    exp: z.int().optional().meta({ description: 'Seconds since 1970.' }),
    jti: z.string().optional().meta({ description: 'The token’s own id.' }),
  })
  .meta({ id: 'TokenStatus', description: 'RFC 7662, section 2.2.' })

/** The answer to a revocation. */
const Revoked = z.strictObject({}).meta({ id: 'Revoked', description: 'An empty object.' })

const refusals = { 400: OAuthProblem, 401: OAuthProblem, 429: OAuthProblem, 503: OAuthProblem }
const refused = {
  401: 'The client is unknown, did not authenticate, or may not ask.',
  429: 'The client’s authentication failed too often from this address.',
}

/**
 * Finds a token of ours: a client's own, or one of a session. The session may be over, or its user
 * disabled.
 */
async function findToken({ sessions, tokens }: TokenStatusOptions, token: string) {
  const claims = tokens.verifyAccessToken(token)
  if (claims !== null) {
    const { client_id: clientId, sub: userId, sid } = claims
    const session = sid === undefined ? null : { userId, sessionId: sid }
    return { kind: 'access_token' as const, claims, clientId, session }
  }
  const granted = await sessions.findByRefreshToken(hashToken(token))
  if (granted === null) return null
  const session = { userId: granted.userId, sessionId: granted.id }
  return { kind: 'refresh_token' as const, granted, clientId: granted.clientId, session }
}

type TokenStatusRequest = z.infer<typeof TokenStatusRequest>

/**
 * Finds the token that a client revokes; null where it is none of its own (RFC 7009, section 2.1).
 * A request without client credentials may come from a public client, which could only name itself:
 * for its tokens, having them is enough. A confidential client's tokens need its secret.
 */
async function findOwnToken(
  options: TokenStatusOptions,
  request: FastifyRequest,
  body: TokenStatusRequest,
) {
  const authenticate = () => authenticateClient(options, request, body)
  const saysNothing =
    request.headers.authorization === undefined &&
    body.client_id === undefined &&
    body.client_secret === undefined
  const client = saysNothing ? null : await authenticate()
  const found = await findToken(options, body.token)
  if (found === null || client?.id === found.clientId) return found
  if (client !== null) return null
  const owner = findClient(options.clients, found.clientId)
  if (owner === undefined || isConfidential(owner)) await authenticate()
  return found
}

/** `POST /revoke` (RFC 7009): ends the session of a token. An unknown token is no error. */
export function revokeEndpoint(room: FastifyInstance, options: TokenStatusOptions): void {
  route(room, 'POST', '/revoke', {
    docs: {
      operationId: 'revokeToken',
      summary: 'Revoke a token',
      description:
        'RFC 7009: ends the session of an access or refresh token; an unknown one is no error. The token of a public client needs no `client_id`.',
      tags: ['tokens'],
      security: [{}, { client: [] }],
      consumes: FORM_OR_JSON,
      answers: { ...refused, 200: 'The token does not count any more.' },
      examples: revokeExamples,
    },
    form: TokenStatusRequest,
    responses: { 200: Revoked, ...refusals },
    handle: async ({ body, request }) => {
      const found = await findOwnToken(options, request, body)
      if (found?.session) {
        const { clientId: client } = found
        const { userId: user, sessionId: session } = found.session
        const ending = { ...found.session, asker: askerOf(request) }
        if (await options.sessions.end(ending, 'revoked')) {
          request.log.info({ event: 'session_ended', client, user, session }, 'revoked a token')
        }
      }
      // Some libraries parse every answer as JSON.
      return {}
    },
  })
}

/**
 * `POST /introspect` (RFC 7662), for confidential clients. Access tokens are shown to any of them,
 * since they are the APIs that the tokens are for; a refresh token only to its own client.
 */
export function introspectEndpoint(room: FastifyInstance, options: TokenStatusOptions): void {
  route(room, 'POST', '/introspect', {
    docs: {
      operationId: 'introspectToken',
      summary: 'Ask about a token',
      description: 'RFC 7662, for confidential clients. It knows about ended sessions.',
      tags: ['tokens'],
      security: [{}, { client: [] }],
      consumes: FORM_OR_JSON,
      answers: { ...refused, 200: 'What there is to know of the token.' },
      examples: introspectExamples,
    },
    form: TokenStatusRequest,
    responses: { 200: TokenStatus, ...refusals },
    handle: async ({ body, request }) => {
      const client = await authenticateClient(options, request, body)
      if (!isConfidential(client)) {
        throw new LatchkeyError('invalid_client', said.confidentialOnly, {
          evidence: { reason: 'public', client: client.id },
        })
      }
      const found = await findToken(options, body.token)
      if (found === null) return { active: false }
      if (found.kind === 'access_token') {
        const { session } = found
        if (session && !(await options.sessions.isAlive(session))) return { active: false }
        const { issuer: iss } = options.tokens
        return { active: true, token_type: 'Bearer' as const, iss, ...found.claims }
      }
      const { isAlive, rotated } = found.granted
      if (found.clientId !== client.id || rotated || !isAlive) return { active: false }
      const { scope, expiresAt: exp, userId: sub, id: sid } = found.granted
      return {
        active: true,
        token_type: 'refresh_token' as const,
        client_id: found.clientId,
        scope,
        sub,
        sid,
        iss: options.tokens.issuer,
        exp,
      }
    },
  })
}
