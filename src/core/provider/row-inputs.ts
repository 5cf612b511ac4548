/** The claims of a verified ID token. */
export type IdTokenClaims = Record<string, unknown> & { iss: string; sub: string }

/** The values of a row's own settings. */
export type RowValues = Readonly<Record<string, string>>

/** A key that signs our client assertions (RFC 7523). */
export interface ClientKey {
  pem: string
  /** Its id at the provider; empty if it has none. */
  keyId: string
}

/** How to get a refresh token from a provider, and how to use it. */
export interface OfflineAccess {
  readonly scopes?: readonly string[]
  readonly params?: Readonly<Record<string, string>>
  /** The parameter of the login that a refresh must send again. */
  readonly repeats?: 'scope' | 'redirect_uri'
}
