/** The claims of a verified ID token. */
export type IdTokenClaims = Record<string, unknown> & { iss: string; sub: string }

/** The values of a row's own settings. */
export type RowValues = Readonly<Record<string, string>>
