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
  /** Where the client gets a code in place of tokens: what it must show again. */
  code: { redirectUri: string; codeChallenge: string | null } | null
  /** Of the session. A fresh one by default. */
  id?: string
  /** A secret of the login: code and refresh token are derived from it. A fresh one by default. */
  seed?: string
  /** The hash of what it was given when it was opened: the same comes out again, whichever secret made it. */
  issued?: Buffer
  /** The one API that its tokens are for (RFC 8707). Default: the usual audience. */
  resource?: string | null
  /** Whether its tokens go into cookies. Default: false. */
  cookieMode?: boolean
  /** When the provider says that the person authenticated, in seconds since 1970. Default: it does not. */
  authTime?: number | null
  /** Whether nobody was asked (`prompt=none`). Default: false. */
  silent?: boolean
}

/** A session that is not stored yet, and what it will give once it is. */
export interface PreparedSession {
  session: NewSession
  /** Empty where the client gets tokens. */
  code: string
  tokens(account: Account): Promise<TokenResponse>
}
