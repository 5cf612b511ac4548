import type { Account } from '../core/account.ts'
import { asciiLowerCase } from '../core/text.ts'

/** A user and its identities as the statements of this folder give them. */
export interface AccountRow {
  id: string
  name: string | null
  picture: string | null
  locale: string | null
  email: string | null
  created_at: string
  updated_at: number
  disabled: boolean
  identities: IdentityRow[]
}

interface IdentityRow {
  provider: string
  subject: string
  email: string | null
  email_verified: boolean
  name: string | null
  picture: string | null
  locale: string | null
  linked_at: string
  last_login_at: string
}

/** A moment as ISO 8601 text in UTC. */
export const isoTime = (column: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** The columns of an AccountRow but for the identities, from a users row named `u`. */
export const userColumns = `u.id, u.name, u.picture, u.locale, u.email,
  ${isoTime('u.created_at')} as created_at,
  floor(extract(epoch from u.updated_at))::int as updated_at,
  u.disabled_at is not null as disabled`

/** The identities of an AccountRow, first linked first, from identity rows named `i`. */
export const identitiesColumn = `coalesce(json_agg(json_build_object(
    'provider', i.provider, 'subject', i.subject, 'email', i.email,
    'email_verified', i.email_verified, 'name', i.name, 'picture', i.picture, 'locale', i.locale,
    'linked_at', ${isoTime('i.linked_at')}, 'last_login_at', ${isoTime('i.last_login_at')}
  ) order by i.linked_at, i.provider, i.subject), '[]')`

/** The user as shown: own edits first, then what the identity that was linked first says. */
export function toAccount(row: AccountRow): Account {
  const { identities } = row
  const shown = (field: 'name' | 'picture' | 'locale') => {
    if (row[field] !== null) return row[field]
    return identities.find((identity) => identity[field] !== null)?.[field] ?? null
  }
  const email = row.email === null ? null : asciiLowerCase(row.email)
  return {
    sub: row.id,
    name: shown('name'),
    email: row.email,
    email_verified: identities.some(
      (identity) =>
        identity.email_verified &&
        identity.email !== null &&
        asciiLowerCase(identity.email) === email,
    ),
    picture: shown('picture'),
    locale: shown('locale'),
    updated_at: row.updated_at,
    created_at: row.created_at,
    identities: identities.map((identity) => ({
      provider: identity.provider,
      subject: identity.subject,
      email: identity.email,
      email_verified: identity.email_verified,
      linked_at: identity.linked_at,
      last_login_at: identity.last_login_at,
    })),
  }
}
