import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Client } from '../core/client.ts'
import { LatchkeyError } from '../core/errors.ts'
import { hashToken, randomToken } from '../core/secrets.ts'
import { readShownCode } from '../core/shown-code.ts'
import type { Accounts, GrantedSession, Grants } from '../core/stores.ts'
import type { TokenResponse } from '../core/token-response.ts'
import { authenticateClient } from './client-auth.ts'
import { exchangeToken, type SignInNatively, TOKEN_EXCHANGE } from './exchange.ts'
import type { TokenIssuer } from './issue.ts'
import type { SessionCookies } from './session-cookies.ts'
import type { SuccessorsOf } from './successors.ts'
import type { RefreshedInCookies, TokenRequest } from './token-request.ts'

/** What the grants need. */
export interface GrantOptions {
  clients: readonly Client[]
  grants: Grants
  accounts: Accounts
  issue: TokenIssuer
  successorsOf: SuccessorsOf
  signInNatively: SignInNatively
  cookies: SessionCookies
  ttl: { refreshTokenSeconds: number; sessionSeconds: number }
  /** What counts a request, and throws where it is one too many. */
  limits: { native: (request: FastifyRequest) => Promise<void> }
}

/** Swaps what a client shows for tokens. */
type Grant = (
  options: GrantOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  body: TokenRequest,
) => Promise<TokenResponse | RefreshedInCookies>

/** Each grant, by its type. */
export const grantTypes: ReadonlyMap<string, Grant> = new Map<string, Grant>([
  ['authorization_code', (options, request, _reply, body) => redeemCode(options, request, body)],
  ['refresh_token', refresh],
  [
    TOKEN_EXCHANGE,
    async (options, request, _reply, body) => {
      await options.limits.native(request)
      return exchangeToken(options, request, body)
    },
  ],
])

async function redeemCode(
  { clients, grants, accounts, issue, ttl }: GrantOptions,
  request: FastifyRequest,
  body: TokenRequest,
): Promise<TokenResponse> {
  const client = authenticateClient(clients, request.headers.authorization, body)
  const shown = readShownCode(client, body)
  const refreshToken = randomToken()
  const redeemed = await grants.redeemCode(shown, {
    sessionTtlSeconds: ttl.sessionSeconds,
    refreshToken: { hash: hashToken(refreshToken), ttlSeconds: ttl.refreshTokenSeconds },
  })
  if (redeemed === null) {
    throw new LatchkeyError(
      'invalid_grant',
      'The code is used, expired, or not for this request.',
      { evidence: { reason: 'code' } },
    )
  }
  const { session, nonce } = redeemed
  request.log.info(
    { event: 'code_redeemed', client: client.id, user: session.userId, session: session.id },
    'redeemed a code',
  )
  return issue(session, { refreshToken, nonce, account: await accountFor(accounts, session) })
}

async function refresh(
  options: GrantOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  body: TokenRequest,
): Promise<TokenResponse | RefreshedInCookies> {
  const { clients, grants, accounts, issue, successorsOf, cookies, ttl } = options
  const fromCookie = body.refresh_token === undefined ? cookies.readRefreshToken(request) : null
  const shown = body.refresh_token ?? fromCookie
  if (shown === null) throw new LatchkeyError('invalid_request', 'The refresh_token is missing.')
  const client =
    fromCookie === null
      ? authenticateClient(clients, request.headers.authorization, body)
      : cookies.clientOf(request)
  if (client === null)
    throw new LatchkeyError('invalid_grant', 'The session is over.', {
      evidence: { reason: 'cookie_client' },
    })
  if (fromCookie !== null && body.client_id !== undefined && body.client_id !== client.id) {
    throw new LatchkeyError('invalid_grant', 'The session is of another client.', {
      evidence: { reason: 'other_client' },
    })
  }
  const asked = body.scope?.split(' ').filter(Boolean)
  const successors = successorsOf(shown)
  const toStore = (token: string) => ({
    hash: hashToken(token),
    ttlSeconds: ttl.refreshTokenSeconds,
  })
  const rotation = await grants.rotate(
    { hash: hashToken(shown), clientId: client.id, scopes: asked ?? [] },
    [toStore(successors[0]), ...successors.slice(1).map(toStore)],
  )
  if (rotation.outcome === 'wider') {
    throw new LatchkeyError('invalid_scope', 'The scope is wider than the one that was granted.')
  }
  if (rotation.outcome === 'reused') {
    const { sessionId, userId } = rotation
    request.log.warn(
      {
        event: 'refresh_token_reused',
        client: client.id,
        user: userId,
        session: sessionId,
        address: request.ip,
      },
      'a refresh token was used again: its session is ended',
    )
  }
  if (rotation.outcome !== 'rotated') {
    if (fromCookie !== null) cookies.clear(reply)
    throw new LatchkeyError('invalid_grant', 'The refresh token is used, expired or revoked.', {
      evidence: { reason: rotation.outcome },
    })
  }
  const { successor } = rotation
  // Less may be asked for than was granted (RFC 6749, section 6); the session keeps what it has.
  const session = asked?.length
    ? { ...rotation.session, scope: narrow(rotation.session.scope, asked) }
    : rotation.session
  const account = await accountFor(accounts, session)
  const tokens = issue(session, { refreshToken: successors[successor] ?? '', nonce: null, account })
  if (fromCookie === null) return tokens
  // In cookie mode no script ever sees a token.
  cookies.set(reply, client.id, tokens)
  const { access_token, refresh_token, id_token, ...rest } = tokens
  return rest
}

const narrow = (granted: string, asked: readonly string[]) =>
  granted
    .split(' ')
    .filter((scope) => asked.includes(scope))
    .join(' ')

/** The user, where an ID token is to be made of it. */
async function accountFor(accounts: Accounts, session: GrantedSession) {
  if (!session.scope.split(' ').includes('openid')) return null
  const account = await accounts.findBySession(session.userId, session.id)
  if (account === null)
    throw new LatchkeyError('invalid_grant', 'The session is over.', {
      evidence: { reason: 'session_ended' },
    })
  return account
}
