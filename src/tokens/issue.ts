import { v7 as uuidv7 } from 'uuid'
import type { Account } from '../core/account.ts'
import type { PreparedSession, SessionRequest } from '../core/prepared-session.ts'
import { hashToken, randomToken } from '../core/secrets.ts'
import { CODE_SECONDS, type NewSession } from '../core/stores.ts'
import type { TokenResponse } from '../core/token-response.ts'
import type { GrantedSession } from '../core/token-store.ts'
import { signAccessToken } from './access-token.ts'
import type { KeyRing } from './signing-keys.ts'
import type { TokenFamilies } from './token-family.ts'

/** Signs the tokens of a session; an ID token needs the account, and is left out without one. */
export type TokenIssuer = (
  session: GrantedSession,
  with_: { refreshToken: string; nonce: string | null; account: Account | null },
) => TokenResponse

/** The issuer of all tokens. */
export function createTokenIssuer(keys: KeyRing, accessTokenSeconds: number): TokenIssuer {
  return (session, { refreshToken, nonce, account }) => {
    const { id: sid, userId: sub, clientId: client_id, scope } = session
    const wantsIdToken = scope.split(' ').includes('openid')
    return {
      access_token: signAccessToken(keys, { sub, sid, client_id, scope }),
      token_type: 'Bearer',
      expires_in: accessTokenSeconds,
      refresh_token: refreshToken,
      scope,
      ...(wantsIdToken && account !== null
        ? { id_token: signIdToken(keys, account, session, nonce) }
        : {}),
    }
  }
}

/** Prepares sessions: the store opens one together with the login, then the tokens are signed. */
export function createSessionPreparer(
  issue: TokenIssuer,
  families: TokenFamilies,
  ttl: { refreshTokenSeconds: number; sessionSeconds: number },
): (request: SessionRequest) => PreparedSession {
  return ({ code: asked, seed = randomToken(), nonce, ...request }) => {
    const id = uuidv7()
    const [secret] = asked === null ? families.firstOf(seed, id) : families.codesOf(seed, id)
    const hash = hashToken(secret)
    const { resource = null, cookieMode = false, authTime = null, silent = false } = request
    const common = { ...request, ...{ id, resource, cookieMode, authTime, silent } }
    const session: NewSession =
      asked === null
        ? {
            ...common,
            ttlSeconds: ttl.sessionSeconds,
            refreshToken: {
              hash,
              ttlSeconds: Math.min(ttl.refreshTokenSeconds, ttl.sessionSeconds),
            },
          }
        : {
            ...common,
            // Until the code is redeemed the session lives no longer than the code.
            ttlSeconds: CODE_SECONDS,
            refreshToken: null,
            code: { ...asked, hash, nonce, ttlSeconds: CODE_SECONDS },
          }
    const { clientId, scope } = request
    return {
      session,
      code: asked === null ? '' : secret,
      tokens: (account) =>
        issue(
          { id, userId: account.sub, clientId, scope, resource, authTime },
          { refreshToken: secret, nonce, account },
        ),
    }
  }
}

/** An ID token with the claims that the scope asks for (OpenID Connect Core, sections 2 and 5.4). */
function signIdToken(
  keys: KeyRing,
  account: Account,
  session: GrantedSession,
  nonce: string | null,
): string {
  const scopes = session.scope.split(' ')
  const { name, picture, locale, updated_at, email, email_verified } = account
  const claims = {
    sub: account.sub,
    sid: session.id,
    auth_time: session.authTime,
    nonce,
    ...(scopes.includes('profile') ? { name, picture, locale, updated_at } : {}),
    ...(scopes.includes('email') && email !== null ? { email, email_verified } : {}),
  }
  const given = Object.entries(claims).filter(([, value]) => value !== null)
  return keys.current().signIdToken(Object.fromEntries(given), session.clientId)
}
