import type { Asking } from '../events/audit.ts'

/** What a client must present with a one-time code. */
export interface CodeBinding {
  redirectUri: string
  /** S256; null if a confidential client sent none. */
  codeChallenge: string | null
}

/** A session for which tokens may be issued now. */
export interface GrantedSession {
  id: string
  userId: string
  clientId: string
  scope: string
  /** The one API that its tokens are for (RFC 8707); null for the usual audience. */
  resource: string | null
  /** When the person authenticated, in seconds since 1970; null if no provider signed it. */
  authTime: number | null
}

/** A code as a client presents it. */
export interface PresentedCode extends CodeBinding {
  hash: Buffer
  clientId: string
}

/** A refresh token as it is presented. */
export interface PresentedRefreshToken extends Asking {
  hash: Buffer
  clientId: string
  /** The session that is named in the token, null if none can be read in it. */
  sessionId: string | null
  /** Whether it came in a cookie: then its session must be in cookie mode. */
  fromCookie: boolean
  /** Scopes that are asked for; none may be wider than the session's. */
  scopes: readonly string[]
  /**
   * Resources of which the session's own must be one, if it has one; null if another one is asked
   * for.
   */
  resources: readonly string[] | null
}

/** Hashes of derived tokens: the first secret's is stored, the others are searched for. */
export interface DerivedTokens {
  hashes: readonly Buffer[]
  ttlSeconds: number
}

/**
 * The session of a redeemed code; `place` says which of the derived refresh tokens is the
 * session's.
 */
export interface RedeemedCode {
  session: GrantedSession
  nonce: string | null
  place: number
}

/** The outcome of using a refresh token. */
export type Rotation =
  | { outcome: 'rotated' | 'repeated'; session: GrantedSession; place: number }
  /** Nothing was changed. */
  | { outcome: 'refused'; reason: string }
  /** Nothing was changed: the session does not have all of the scopes. */
  | { outcome: 'wider' }
  /** Nothing was changed: the session's resource is none of those. */
  | { outcome: 'unlisted' }
  /** The session is ended. */
  | { outcome: 'reused'; reason: string; sessionId: string; userId: string }

/** One-time codes and refresh tokens, by the database's clock. */
export interface TokenStore {
  /**
   * Redeems a code. Until it expires, the same proof gets the same session again, as long as the
   * session's first refresh token was not used. A code without a challenge can be redeemed once: a
   * repeat ends the session. A wrong proof uses up a code that was not redeemed, and changes
   * nothing for one that was. `refused` says which value is wrong, for the log alone.
   */
  redeemCode(
    presented: PresentedCode & Asking,
    next: DerivedTokens & { sessionTtlSeconds: number; sessionsPerUser: number },
  ): Promise<RedeemedCode | { refused: string }>
  /**
   * Rotates a refresh token, or decides about one that is used again
   * (`core/tokens/refresh-repeat.ts`).
   */
  rotate(presented: PresentedRefreshToken, successors: DerivedTokens): Promise<Rotation>
}
