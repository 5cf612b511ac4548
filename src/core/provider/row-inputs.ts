/** The claims of a verified ID token. */
export type IdTokenClaims = Record<string, unknown> & { iss: string; sub: string }

/** The values of a row's own settings. */
export type RowValues = Readonly<Record<string, string>>

/** A key that signs what proves who we are (RFC 7523). */
export interface ClientKey {
  pem: string
  /** Its name at the provider; empty where it has none. */
  keyId: string
}

/** How a provider gives a refresh token, and takes it. */
export interface OfflineAccess {
  readonly scopes?: readonly string[]
  readonly params?: Readonly<Record<string, string>>
  /** What of its login a refresh names again. */
  readonly repeats?: 'scope' | 'redirect_uri'
}
