import { and, inArray, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { type Columns, isoTime, lowerCase } from '../../expressions.ts'
import { identities, users } from '../../schema.ts'

/** The columns of each identity that an account shows. */
export const SHOWN = {
  userId: identities.userId,
  provider: identities.provider,
  issuer: identities.issuer,
  subject: identities.subject,
  email: identities.email,
  emailVerified: identities.emailVerified,
  givesEmail: identities.givesEmail,
  name: identities.name,
  picture: identities.picture,
  locale: identities.locale,
  linkedAt: identities.linkedAt,
  lastLoginAt: identities.lastLoginAt,
}

/** The columns of the user that an account shows. */
export const SHOWN_OF_USER = {
  id: users.id,
  name: users.name,
  picture: users.picture,
  locale: users.locale,
  createdAt: users.createdAt,
  updatedAt: users.updatedAt,
  disabledAt: users.disabledAt,
}

/** Rows of identities: the table, or a part of the statement that selects `SHOWN`. */
export type IdentityRows = SQLWrapper & Columns<keyof typeof SHOWN>

/** The columns of `SHOWN` from a part of a statement that selects more. */
export const shownOf = (i: Columns<keyof typeof SHOWN>): typeof SHOWN =>
  Object.fromEntries(Object.keys(SHOWN).map((name) => [name, i[name as 'provider']])) as never

/** Whether one of these providers vouches for the e-mail address of an identity. */
export const isVouchedFor = (
  i: { provider: PgColumn; emailVerified: PgColumn },
  trusted: readonly string[],
): SQL => sql`${and(sql`${i.emailVerified}`, inArray(i.provider, [...trusted]))}`.inlineParams()

/**
 * The JSON text of an Account (`core/identity/account.ts`). The database makes it, so that `/me`
 * can send it unchanged. The user's own edits come first, then the identities' values, the earliest
 * linked one first. The user is the row `u`. Nothing in it is null.
 */
export function accountJson(
  trusted: readonly string[],
  i: IdentityRows = identities as never,
  u: Columns<keyof typeof SHOWN_OF_USER> = users,
): SQL<string> {
  const first = (column: PgColumn, where: SQL) =>
    sql`(array_agg(${column} order by ${i.linkedAt}, ${i.provider}) filter (where ${where}))[1]`
  const firstSaid = (column: PgColumn) => first(column, sql`${column} is not null`)
  const email = first(i.email, sql`${i.givesEmail}`)
  const vouched = isVouchedFor(i, trusted)
  const isVerified = sql`coalesce(${lowerCase(email)} = any(
    array_agg(${lowerCase(i.email)}) filter (where ${vouched})), false)`
  const json = sql`(
    select json_strip_nulls(json_build_object(
      'sub', ${u.id},
      'name', coalesce(${u.name}, ${firstSaid(i.name)}),
      'email', ${email},
      'email_verified', case when ${email} is not null then ${isVerified} end,
      'picture', coalesce(${u.picture}, ${firstSaid(i.picture)}),
      'locale', coalesce(${u.locale}, ${firstSaid(i.locale)}),
      'updated_at', floor(extract(epoch from ${u.updatedAt}))::bigint,
      'created_at', ${isoTime(u.createdAt)},
      'identities', coalesce(json_agg(json_build_object(
        'provider', ${i.provider}, 'subject', ${i.subject}, 'email', ${i.email},
        'email_verified', case when ${i.email} is not null then ${vouched} end,
        'linked_at', ${isoTime(i.linkedAt)}, 'last_login_at', ${isoTime(i.lastLoginAt)}
      ) order by ${i.linkedAt}, ${i.provider}, ${i.subject}), '[]')
    ))::text
    from ${i} where ${i.userId} = ${u.id}
  )`
  // Nested once more, because the builder drops table names from the outermost columns of a query
  // on one table.
  return sql<string>`${json}`
}
