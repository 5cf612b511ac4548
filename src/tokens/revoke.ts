import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Client } from '../core/client.ts'
import { LatchkeyError } from '../core/errors.ts'
import { hashToken } from '../core/secrets.ts'
import type { Sessions } from '../core/stores.ts'
import { NoBody, OAuthProblem } from '../http/documented.ts'
import { FORM_OR_JSON } from '../http/forms.ts'
import { route } from '../http/route.ts'
import { authenticateClient, clientCredentials } from './client-auth.ts'
import { introspectExamples, revokeExamples } from './token-examples.ts'
import type { Tokens } from './tokens.ts'

/** What revocation and introspection need. */
export interface TokenStatusOptions {
  clients: readonly Client[]
  sessions: Sessions
  tokens: Pick<Tokens, 'verifyAccessToken' | 'issuer' | 'audience'>
}

/** RFC 7009, section 2.1 and RFC 7662, section 2.1. */
const TokenStatusRequest = z.object({
  token: z.string().max(8192).meta({ description: 'An access or refresh token of ours.' }),
  token_type_hint: z.string().max(64).optional().meta({ description: 'Not needed.' }),
  ...clientCredentials,
})

/** What introspection says; a token that does not count is only that. */
const TokenStatus = z
  .object({
    active: z.boolean().meta({ description: 'Whether the token counts.' }),
    token_type: z
      .enum(['Bearer', 'refresh_token'])
      .optional()
      .meta({ description: '`Bearer` is an access token.' }),
    client_id: z.string().optional().meta({ description: 'The app that it was issued to.' }),
    scope: z.string().optional().meta({ description: 'What was granted, separated by spaces.' }),
    sub: z.uuid().optional().meta({ description: 'The user’s id.' }),
    sid: z.uuid().optional().meta({ description: 'The session’s id.' }),
    iss: z.url().optional().meta({ description: 'PUBLIC_URL.' }),
    aud: z.string().optional().meta({ description: 'TOKEN_AUDIENCE, else PUBLIC_URL.' }),
    iat: z.int().optional().meta({ description: 'Seconds since 1970.' }),
    exp: z.int().optional().meta({ description: 'Seconds since 1970.' }),
    jti: z.string().optional().meta({ description: 'The token’s own id.' }),
  })
  .meta({ id: 'TokenStatus', description: 'RFC 7662, section 2.2.' })

const CLIENT_REFUSED = 'The client is unknown, did not authenticate, or may not ask.'

/** A token of ours and the living session it stands for, null for any other token. */
async function findToken({ sessions, tokens }: TokenStatusOptions, token: string) {
  const claims = tokens.verifyAccessToken(token)
  if (claims !== null) {
    return (await sessions.isAlive(claims.sub, claims.sid))
      ? {
          kind: 'access_token' as const,
          claims,
          clientId: claims.client_id,
          userId: claims.sub,
          sessionId: claims.sid,
        }
      : null
  }
  const session = await sessions.findByRefreshToken(hashToken(token))
  if (session === null) return null
  const { id: sessionId, userId, clientId } = session
  return { kind: 'refresh_token' as const, session, clientId, userId, sessionId }
}

/** `POST /revoke` (RFC 7009): ends the session of a token; an unknown token is no error. */
export function revokeEndpoint(room: FastifyInstance, options: TokenStatusOptions): void {
  route(room, 'POST', '/revoke', {
    docs: {
      operationId: 'revokeToken',
      summary: 'Revoke a token',
      description:
        'RFC 7009: ends the session of an access or refresh token; an unknown one is no error.',
      tags: ['tokens'],
      security: [{}, { client: [] }],
      consumes: FORM_OR_JSON,
      answers: { 200: 'The token does not count any more.', 401: CLIENT_REFUSED },
      examples: revokeExamples,
    },
    form: TokenStatusRequest,
    responses: { 200: NoBody, 400: OAuthProblem, 401: OAuthProblem, 503: OAuthProblem },
    handle: async ({ body, request, reply }) => {
      const client = authenticateClient(options.clients, request.headers.authorization, body)
      if (body.token === undefined)
        throw new LatchkeyError('invalid_request', 'The token is missing.')
      const found = await findToken(options, body.token)
      // A token of another client is none of this client's business (RFC 7009, section 2.1).
      if (found !== null && found.clientId === client.id) {
        await options.sessions.end(found.userId, found.sessionId)
        request.log.info(
          {
            event: 'session_ended',
            client: client.id,
            user: found.userId,
            session: found.sessionId,
          },
          'revoked a token',
        )
      }
      return reply.code(200).send()
    },
  })
}

/**
 * `POST /introspect` (RFC 7662) for confidential clients. An access token is told about to any of
 * them, since it is for the APIs that they are; a refresh token only to its own client.
 */
export function introspectEndpoint(room: FastifyInstance, options: TokenStatusOptions): void {
  route(room, 'POST', '/introspect', {
    docs: {
      operationId: 'introspectToken',
      summary: 'Ask about a token',
      description: 'RFC 7662, for confidential clients. Knows ended sessions.',
      tags: ['tokens'],
      security: [{}, { client: [] }],
      consumes: FORM_OR_JSON,
      answers: { 200: 'What there is to know of the token.', 401: CLIENT_REFUSED },
      examples: introspectExamples,
    },
    form: TokenStatusRequest,
    responses: { 200: TokenStatus, 400: OAuthProblem, 401: OAuthProblem, 503: OAuthProblem },
    handle: async ({ body, request }) => {
      const client = authenticateClient(options.clients, request.headers.authorization, body)
      if (client.secret === null) {
        throw new LatchkeyError('invalid_client', 'Only confidential clients may introspect.', {
          evidence: { reason: 'public' },
        })
      }
      if (body.token === undefined)
        throw new LatchkeyError('invalid_request', 'The token is missing.')
      const found = await findToken(options, body.token)
      if (found === null) return { active: false }
      if (found.kind === 'access_token') {
        const { exp, iat, sub, scope, sid, jti } = found.claims
        const { issuer: iss, audience: aud } = options.tokens
        return {
          active: true,
          token_type: 'Bearer' as const,
          client_id: found.clientId,
          ...{ scope, sub, sid, iss, aud, iat, exp, jti },
        }
      }
      if (found.clientId !== client.id || found.session.rotated) return { active: false }
      const { scope, expiresAt: exp } = found.session
      return {
        active: true,
        token_type: 'refresh_token' as const,
        client_id: found.clientId,
        ...{ scope, sub: found.userId, sid: found.sessionId, iss: options.tokens.issuer, exp },
      }
    },
  })
}
