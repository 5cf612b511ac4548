import { v7 as uuidv7 } from 'uuid'
import { z } from 'zod'
import type { Account } from '../core/account.ts'
import { hashToken, randomToken } from '../core/secrets.ts'
import type { NewSession } from '../core/stores.ts'
import { signAccessToken } from './access-token.ts'
import type { KeyRing } from './signing-keys.ts'

/** The token response (RFC 6749, section 5.1). */
export const TokenResponse = z
  .object({
    access_token: z.string().meta({ description: 'JWT, `typ: at+jwt`; verify it by the JWKS.' }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'Seconds.' }),
    refresh_token: z.string().meta({ description: 'Opaque; stored here only as a hash.' }),
    scope: z.string(),
    id_token: z.string().optional().meta({ description: 'Where `openid` was asked for.' }),
  })
  .meta({ id: 'TokenResponse' })
export type TokenResponse = z.infer<typeof TokenResponse>

/** Who asks for a session, and for what. */
export interface SessionRequest {
  clientId: string
  scope: string
  /** For the ID token. */
  nonce: string | null
  userAgent: string | null
  address: string | null
}

/** A session that is not stored yet, and the tokens it will give. */
export interface PreparedSession {
  session: NewSession
  /** To be called once the session is stored. */
  tokens(account: Account): TokenResponse
}

/** Prepares sessions: the store opens one together with the login, then the tokens are signed. */
export function createSessionPreparer(
  keys: KeyRing,
  ttl: { accessTokenSeconds: number; refreshTokenSeconds: number; sessionSeconds: number },
): (request: SessionRequest) => PreparedSession {
  return ({ clientId, scope, nonce, userAgent, address }) => {
    const refreshToken = randomToken()
    const session: NewSession = {
      id: uuidv7(),
      clientId,
      scope,
      userAgent,
      address,
      ttlSeconds: ttl.sessionSeconds,
      refreshToken: {
        hash: hashToken(refreshToken),
        ttlSeconds: Math.min(ttl.refreshTokenSeconds, ttl.sessionSeconds),
      },
    }
    return {
      session,
      tokens: (account) => ({
        access_token: signAccessToken(keys, {
          sub: account.sub,
          sid: session.id,
          client_id: clientId,
          scope,
        }),
        token_type: 'Bearer',
        expires_in: ttl.accessTokenSeconds,
        refresh_token: refreshToken,
        scope,
        ...(scope.split(' ').includes('openid')
          ? { id_token: signIdToken(keys, account, { clientId, scope, nonce, sid: session.id }) }
          : {}),
      }),
    }
  }
}

/** An ID token with the claims that the scope asks for (OpenID Connect Core, sections 2 and 5.4). */
function signIdToken(
  keys: KeyRing,
  account: Account,
  request: { clientId: string; scope: string; nonce: string | null; sid: string },
): string {
  const scopes = request.scope.split(' ')
  const { name, picture, locale, updated_at, email, email_verified } = account
  const claims = {
    sub: account.sub,
    sid: request.sid,
    auth_time: Math.floor(Date.now() / 1000),
    ...(request.nonce === null ? {} : { nonce: request.nonce }),
    ...(scopes.includes('profile') ? { name, picture, locale, updated_at } : {}),
    ...(scopes.includes('email') && email !== null ? { email, email_verified } : {}),
  }
  const given = Object.entries(claims).filter(([, value]) => value !== null)
  return keys.current().signIdToken(Object.fromEntries(given), request.clientId)
}
