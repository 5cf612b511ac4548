import type { Note } from '../core/note.ts'
import { mayGiveIdToken } from '../core/provider/id-tokens.ts'
import type { ProviderRow } from '../core/provider/provider.ts'
import type { IdTokenClaims, RowValues } from '../core/provider/row-inputs.ts'
import type { Registration } from './exchange/client-auth.ts'
import type { createJwksSource } from './id-token/jwks.ts'
import type { Metadata } from './metadata/metadata.ts'
import type { Deadline } from './outbound/deadline.ts'
import type { Outbound } from './outbound/outbound.ts'

/** What the calls of one login, refresh or revocation at one provider stand on; made once for them. */
export interface ProviderCall {
  row: ProviderRow
  /** The row's own settings. */
  values: RowValues
  metadata: Metadata
  registration: Registration
  /** Where the provider sends people back to. */
  callbackUrl: string
  outbound: Outbound
  /** The deadline that they share. */
  deadline: Deadline
  /** The provider's published keys. */
  jwks: ReturnType<typeof createJwksSource>
  note: Note
}

/**
 * Whether an ID token is asked for, and so verified: always, or only by a login that needs `auth_time` where
 * the provider's console and no scope decides whether there is one.
 */
export const usesIdToken = (row: ProviderRow, needsAuthTime = false): boolean =>
  row.idToken === 'required' ||
  (row.idToken === 'with-openid' && row.scopes.includes('openid')) ||
  (needsAuthTime && mayGiveIdToken(row))

/** The exact issuers of its ID tokens, or the one that claims must have. */
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

/** The issuer as part of an identity's key; empty where it does not vary. */
export const issuerIn = (row: ProviderRow, claims: IdTokenClaims | null): string =>
  row.issuerVaries ? (claims?.iss ?? row.issuer ?? '') : ''
