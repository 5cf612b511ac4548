import type { Note } from '../core/note.ts'
import { mayGiveIdToken } from '../core/provider/id-tokens.ts'
import type { ProviderRow } from '../core/provider/provider.ts'
import type { IdTokenClaims, RowValues } from '../core/provider/row-inputs.ts'
import type { Registration } from './exchange/client-auth.ts'
import type { createJwksSource } from './id-token/jwks.ts'
import type { Metadata } from './metadata/metadata.ts'
import type { Deadline } from './outbound/deadline.ts'
import type { Outbound } from './outbound/outbound.ts'

/** What the calls of one login, refresh or revocation at one provider share. */
export interface ProviderCall {
  row: ProviderRow
  /** The values of the row's own settings. */
  values: RowValues
  metadata: Metadata
  registration: Registration
  /** Our callback URL at this provider. */
  callbackUrl: string
  outbound: Outbound
  /** The deadline that they share. */
  deadline: Deadline
  /** The provider's published keys. */
  jwks: ReturnType<typeof createJwksSource>
  note: Note
}

/**
 * Whether an ID token is asked for, and so must be verified: always; or, where the provider's console
 * and not a scope decides whether there is one, only by a login that needs `auth_time`.
 */
export const usesIdToken = (row: ProviderRow, needsAuthTime = false): boolean =>
  row.idToken === 'required' ||
  (row.idToken === 'with-openid' && row.scopes.includes('openid')) ||
  (needsAuthTime && mayGiveIdToken(row))

/** The allowed issuers of its ID tokens, or a function that gives the issuer for the claims. */
export function issuersOf({
  row,
  values,
}: Pick<ProviderCall, 'row' | 'values'>):
  | readonly string[]
  | ((claims: Record<string, unknown>) => string | null) {
  const { issuerOf } = row
  if (issuerOf !== undefined) return (claims) => issuerOf(claims, row, values)
  return [row.issuer ?? '', ...(row.issuerAliases ?? [])]
}

/** The issuer in an identity's key; empty for providers with a single issuer. */
export const issuerIn = (row: ProviderRow, claims: IdTokenClaims | null): string =>
  row.issuerVaries ? (claims?.iss ?? row.issuer ?? '') : ''
