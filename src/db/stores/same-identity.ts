import { and, type Column, eq, type SQL, type SQLWrapper } from 'drizzle-orm'
import type { IdentityKey } from '../../core/identity/identity-key.ts'

/** Whether two rows, or a row and parameters, have the same identity key. */
export const isSameIdentity = (
  row: Record<keyof IdentityKey, Column>,
  other: Record<keyof IdentityKey, SQLWrapper>,
): SQL | undefined =>
  and(
    eq(row.provider, other.provider),
    eq(row.issuer, other.issuer),
    eq(row.subject, other.subject),
  )
