import type { Asking } from '../events/audit.ts'

/** What the client of a one-time code must show again. */
export interface CodeBinding {
  redirectUri: string
  /** S256; null where a confidential client sent none. */
  codeChallenge: string | null
}

/** A session for which tokens may be given now. */
export interface GrantedSession {
  id: string
  userId: string
  clientId: string
  scope: string
  /** The one API that its tokens are for (RFC 8707); null for the usual audience. */
  resource: string | null
  /** When the person authenticated, in seconds since 1970; null where no provider signed it. */
  authTime: number | null
}

/** A code as a client shows it. */
export interface PresentedCode extends CodeBinding {
  hash: Buffer
  clientId: string
}

/** A refresh token as it is shown. */
export interface PresentedRefreshToken extends Asking {
  hash: Buffer
  clientId: string
  /** The session whose mark it bears, null where it bears none that can be read. */
  sessionId: string | null
  /** Only of a session in cookie mode. */
  fromCookie: boolean
  /** Of which none may be wider than the session's. */
  scopes: readonly string[]
  /** Of which the session's own must be one, where it has one; null where another is asked for. */
  resources: readonly string[] | null
}

/** Hashes of derived tokens: what the first secret makes is stored, the others are looked for. */
export interface DerivedTokens {
  hashes: readonly Buffer[]
  ttlSeconds: number
}

/** What a code gives; `place` tells which of the derived refresh tokens is the session's. */
export interface RedeemedCode {
  session: GrantedSession
  nonce: string | null
  place: number
}

/** What showing a refresh token comes to. */
export type Rotation =
  | { outcome: 'rotated' | 'repeated'; session: GrantedSession; place: number }
  /** Nothing was changed. */
  | { outcome: 'refused'; reason: string }
  /** Nothing was changed: the scopes are more than the session has. */
  | { outcome: 'wider' }
  /** Nothing was changed: the session's resource is none of those. */
  | { outcome: 'unlisted' }
  /** The session is ended. */
  | { outcome: 'reused'; reason: string; sessionId: string; userId: string }

/** One-time codes and refresh tokens, by the database's clock. */
export interface TokenStore {
  /**
   * Redeems a code. Until it expires, whoever proves the same gets the same session, as long as its
   * first refresh token was not used. A code without a challenge is good once: a repeat ends the
   * session. A wrong proof burns a code that was not redeemed, and changes nothing of one that was.
   * `refused` says which value is wrong, for the log alone.
   */
  redeemCode(
    presented: PresentedCode & Asking,
    next: DerivedTokens & { sessionTtlSeconds: number; sessionsPerUser: number },
  ): Promise<RedeemedCode | { refused: string }>
  /** Rotates a refresh token, or decides about one that comes again (`core/tokens/refresh-repeat.ts`). */
  rotate(presented: PresentedRefreshToken, successors: DerivedTokens): Promise<Rotation>
}
