import type { FastifyReply, FastifyRequest } from 'fastify'
import { LatchkeyError } from '../core/errors.ts'
import { hashToken } from '../core/secrets.ts'
import type { TokenResponse } from '../core/token-response.ts'
import type { Rotation } from '../core/token-store.ts'
import { accountFor } from './account-for.ts'
import { authenticateClient } from './client-auth.ts'
import type { GrantOptions } from './grant-options.ts'
import type { RefreshedInCookies, TokenRequest } from './token-request.ts'

/** A refresh token as it was sent, and by whom. */
interface Sent {
  token: string
  clientId: string
  fromCookie: boolean
}

/** `refresh_token` (RFC 6749, section 6): a refresh token -> its session -> tokens and its successor. */
export async function refresh(
  options: GrantOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  body: TokenRequest,
): Promise<TokenResponse | RefreshedInCookies> {
  const { accounts, cookies } = options
  const sent = readRefreshToken(options, request, body)
  const scopes = body.scope?.split(' ').filter(Boolean) ?? []
  const { rotation, successors } = await rotate(options, sent, scopes)
  logRotation(request, sent, rotation)
  if (rotation.outcome === 'wider') {
    throw new LatchkeyError('invalid_scope', 'The scope is wider than the one that was granted.')
  }
  if (!('session' in rotation)) {
    if (sent.fromCookie) cookies.clear(reply)
    throw new LatchkeyError('invalid_grant', 'The refresh token is used, expired or revoked.', {
      evidence: { reason: rotation.outcome, detail: rotation.reason, client: sent.clientId },
    })
  }
  // Less may be asked for than was granted (RFC 6749, section 6); the session keeps what it has.
  const session =
    scopes.length > 0
      ? { ...rotation.session, scope: narrow(rotation.session.scope, scopes) }
      : rotation.session
  const tokens = await options.tokens.issue(session, {
    refreshToken: successors[rotation.place] ?? '',
    nonce: null,
    account: await accountFor(accounts, session),
  })
  if (!sent.fromCookie) return tokens
  // In cookie mode no script ever sees a token.
  cookies.set(reply, sent.clientId, tokens)
  const { access_token, refresh_token, id_token, ...rest } = tokens
  return rest
}

function readRefreshToken(
  { clients, cookies }: GrantOptions,
  request: FastifyRequest,
  body: TokenRequest,
): Sent {
  if (body.refresh_token !== undefined) {
    const client = authenticateClient(clients, request.headers.authorization, body)
    return { token: body.refresh_token, clientId: client.id, fromCookie: false }
  }
  const token = cookies.readRefreshToken(request)
  if (token === null) throw new LatchkeyError('invalid_request', 'The refresh_token is missing.')
  const client = cookies.clientOf(request)
  const refuse = (message: string, reason: string) =>
    new LatchkeyError('invalid_grant', message, { evidence: { reason } })
  if (client === null) throw refuse('The session is over.', 'cookie_client')
  if (body.client_id !== undefined && body.client_id !== client.id) {
    throw refuse('The session is of another client.', 'other_client')
  }
  return { token, clientId: client.id, fromCookie: true }
}

/** Rotates it in the store; where no secret opens its mark any more, the store knows its session. */
async function rotate(
  { tokens: { families, ttl }, tokenStore, sessions }: GrantOptions,
  { token, clientId, fromCookie }: Sent,
  scopes: readonly string[],
) {
  const hash = hashToken(token)
  const marked = families.sessionOf(token)
  const sessionId = marked ?? (await sessions.findByRefreshToken(hash))?.id
  if (sessionId === undefined) {
    return { rotation: { outcome: 'refused', reason: 'unknown' } as const, successors: [] }
  }
  const successors = families.successorsOf(token, sessionId)
  const rotation = await tokenStore.rotate(
    { hash, clientId, fromCookie, scopes, sessionId: marked },
    { hashes: successors.map(hashToken), ttlSeconds: ttl.refreshTokenSeconds },
  )
  return { rotation, successors }
}

function logRotation(request: FastifyRequest, { clientId }: Sent, rotation: Rotation): void {
  const about = { client: clientId, address: request.ip }
  if (rotation.outcome === 'repeated') {
    const { id, userId } = rotation.session
    request.log.warn(
      { event: 'refresh_token.repeated', ...about, user: userId, session: id },
      'a refresh token came again late and got its successor once more',
    )
  } else if (rotation.outcome === 'reused') {
    const { sessionId, userId, reason } = rotation
    request.log.warn(
      { event: 'refresh_token.reused', ...about, user: userId, session: sessionId, reason },
      'a refresh token was used again: its session is ended',
    )
  }
}

const narrow = (granted: string, asked: readonly string[]) =>
  granted
    .split(' ')
    .filter((scope) => asked.includes(scope))
    .join(' ')
