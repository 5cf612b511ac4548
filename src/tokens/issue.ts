import { randomUUID } from 'node:crypto'
import { v7 as uuidv7 } from 'uuid'
import type { PreparedSession, SessionRequest } from '../core/client/prepared-session.ts'
import { readScope } from '../core/client/scope.ts'
import { LatchkeyError } from '../core/errors.ts'
import { type Account, claimsOf } from '../core/identity/account.ts'
import type { SessionRef } from '../core/identity/session-ref.ts'
import { CODE_SECONDS, type NewCode, type NewSession } from '../core/identity/sign-ins.ts'
import { hashToken, randomToken } from '../core/secrets.ts'
import type { ClientTokenResponse, TokenResponse } from '../core/tokens/token-response.ts'
import type { CodeBinding, GrantedSession } from '../core/tokens/token-store.ts'
import type { TokenFamilies } from './grants/token-family.ts'
import type { KeyRing } from './keys/signing-keys.ts'
import type { TokenRules } from './keys/token-signer.ts'

/** Signs the tokens of a session. An ID token needs the account and is left out without one. */
export type TokenIssuer = (
  session: GrantedSession,
  added: {
    refreshToken: string
    nonce: string | null
    account: Account | null
    /** The API that this access token is for, in place of the session's. */
    resource?: string | undefined
  },
) => Promise<TokenResponse>

/** What issuing tokens needs. */
export interface IssueRules extends TokenRules {
  /** The audience of access tokens beside PUBLIC_URL. */
  tokenAudience: string
  /** The roles of the session's user; null where the session is over. */
  rolesOf: (session: SessionRef) => Promise<readonly string[] | null>
  /** The algorithm of a client's ID tokens. */
  idTokenAlgOf: (clientId: string) => string
}

/** The issuer of all tokens. */
export function createTokenIssuer(keys: KeyRing, rules: IssueRules): TokenIssuer {
  const { issuer, tokenAudience, accessTokenTtlSeconds, idTokenAlgOf, rolesOf } = rules
  const usualAudience = tokenAudience === issuer ? issuer : [tokenAudience, issuer]
  return async (session, { refreshToken, nonce, account, resource }) => {
    const { id: sid, userId: sub, clientId: client_id, scope, authTime } = session
    const scopes = readScope(scope)
    const isWithRoles = scopes.has('roles')
    const roles = isWithRoles ? await rolesOf({ userId: sub, sessionId: sid }) : null
    if (isWithRoles && roles === null) throw sessionOver()
    const iat = Math.floor(Date.now() / 1000)
    const access_token = keys.current().signAccessToken(
      Object.assign(
        {
          sub,
          sid,
          client_id,
          scope,
          aud: resource ?? session.resource ?? usualAudience,
          iat,
          exp: iat + accessTokenTtlSeconds,
          jti: randomUUID(),
        },
        authTime === null ? null : { auth_time: authTime },
        roles === null ? null : { roles },
      ),
    )
    const tokens = {
      access_token,
      token_type: 'Bearer' as const,
      expires_in: accessTokenTtlSeconds,
      refresh_token: refreshToken,
      scope,
    }
    if (account === null || !scopes.has('openid')) return tokens
    // A last check, whatever went wrong before: an ID token must never name another user.
    if (account.sub !== sub) throw new Error('the account is not of the session’s user')
    const signer = await keys.signerOf(idTokenAlgOf(client_id))
    const claims = idTokenClaims(account, session, nonce)
    return { ...tokens, id_token: signer.signIdToken(claims, client_id, access_token) }
  }
}

/** The error where the session ends while its tokens are being made. */
export const sessionOver = () =>
  new LatchkeyError('invalid_grant', 'The session is over.', {
    evidence: { reason: 'session_ended' },
  })

/** The lifetime in seconds of a token that a client has for itself. */
const CLIENT_TOKEN_SECONDS = 300

/**
 * Signs access tokens that clients have for themselves, for our own routes. `sub` is the client,
 * and there is no `sid`.
 */
export const createClientTokenIssuer =
  (keys: KeyRing, issuer: string) =>
  (clientId: string, scope: string): ClientTokenResponse => {
    const iat = Math.floor(Date.now() / 1000)
    const access_token = keys.current().signAccessToken({
      sub: clientId,
      client_id: clientId,
      scope,
      iat,
      aud: issuer,
      exp: iat + CLIENT_TOKEN_SECONDS,
      jti: randomUUID(),
    })
    return { access_token, token_type: 'Bearer', expires_in: CLIENT_TOKEN_SECONDS, scope }
  }

/**
 * Prepares sessions: the secrets are derived first, the store opens the session together with the
 * login, then the tokens are signed.
 */
export function createSessionPreparer(
  issue: TokenIssuer,
  families: TokenFamilies,
  ttl: { refreshTokenTtlSeconds: number; sessionTtlSeconds: number },
): (request: SessionRequest) => PreparedSession {
  return ({ code: asked, seed = randomToken(), id = uuidv7(), nonce, issued, ...request }) => {
    const derived = asked === null ? families.firstOf(seed, id) : families.codesOf(seed, id)
    const isIssued = (one: string) => issued !== undefined && hashToken(one).equals(issued)
    const secret = derived.find(isIssued) ?? derived[0]
    const hash = hashToken(secret)
    const { clientId, scope, userAgent, address } = request
    const { resource = null, cookieMode = false, authTime = null, silent = false } = request
    const tokenSeconds = Math.min(ttl.refreshTokenTtlSeconds, ttl.sessionTtlSeconds)
    const session: NewSession = {
      id,
      clientId,
      scope,
      resource,
      cookieMode,
      authTime,
      silent,
      userAgent,
      address,
      // Until its code is redeemed, a session lives only as long as the code.
      ttlSeconds: asked === null ? ttl.sessionTtlSeconds : CODE_SECONDS,
      refreshToken: asked === null ? { hash, ttlSeconds: tokenSeconds } : null,
      ...(asked === null ? {} : { code: codeOf(asked, hash, nonce) }),
    }
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

const codeOf = (
  { redirectUri, codeChallenge }: CodeBinding,
  hash: Buffer,
  nonce: string | null,
): NewCode => ({ redirectUri, codeChallenge, hash, nonce, ttlSeconds: CODE_SECONDS })

/**
 * The claims of an ID token that the scope asks for (OpenID Connect Core, sections 2 and 5.4).
 * Claims without a value are left out.
 */
function idTokenClaims(account: Account, session: GrantedSession, nonce: string | null): object {
  const { created_at, identities, ...asked } = claimsOf(account, readScope(session.scope))
  const claims = { ...asked, sid: session.id, auth_time: session.authTime, nonce }
  return Object.fromEntries(
    Object.entries(claims).filter(([, value]) => value !== null && value !== undefined),
  )
}
