import type { Account } from '../identity/account.ts'
import type { NewSession } from '../identity/sign-ins.ts'
import type { TokenResponse } from '../tokens/token-response.ts'

/** Who asks for a session, and for what. */
export interface SessionRequest {
  clientId: string
  scope: string
  /** For the ID token. */
  nonce: string | null
  userAgent: string | null
  address: string | null
  /** Where the client gets a code instead of tokens: what it must present with the code. */
  code: { redirectUri: string; codeChallenge: string | null } | null
  /** The session's id. Default: a fresh one. */
  id?: string
  /** A secret of the login, from which code and refresh token are derived. Default: a fresh one. */
  seed?: string
  /**
   * The hash of what was issued when the session was opened: the same is issued again, whichever
   * SECRET it was derived by.
   */
  issued?: Buffer
  /** The one API that its tokens are for (RFC 8707). Default: the usual audience. */
  resource?: string | null
  /** Whether its tokens go into cookies. Default: false. */
  cookieMode?: boolean
  /**
   * When the person authenticated according to the provider, in seconds since 1970. Default:
   * unknown.
   */
  authTime?: number | null
  /** Whether the person was not asked anything (`prompt=none`). Default: false. */
  silent?: boolean
}

/** A session that is not stored yet, and the tokens or the code to answer with once it is. */
export interface PreparedSession {
  session: NewSession
  /** Empty where the client gets tokens. */
  code: string
  tokens(account: Account): Promise<TokenResponse>
}
