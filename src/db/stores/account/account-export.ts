import { and, asc, eq, gt, gte, is, type SQL, sql } from 'drizzle-orm'
import { getTableConfig, getViewConfig, PgColumn, PgTimestamp } from 'drizzle-orm/pg-core'
import { REASONS_OF_OTHERS } from '../../../core/events/audit.ts'
import type { Accounts } from '../../../core/identity/accounts.ts'
import type { AdminUsers } from '../../../core/identity/admin-users.ts'
import type { SessionRef } from '../../../core/identity/session-ref.ts'
import type { Database } from '../../client.ts'
import { isoTime, now } from '../../expressions.ts'
import { audit, identities, sessions, unlinkedIdentities, users } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'
import { asks } from '../alive.ts'
import { requireOwn } from '../require-own.ts'

/**
 * Rows per page, which bounds memory and the time of a statement. It is not small, because each
 * page may have to read all rows of its user again: sessions have no index in this order.
 */
const PAGE = 2_000

type Table = Parameters<typeof getTableConfig>[0]

const columnsOf = (table: Table): readonly PgColumn[] => getTableConfig(table).columns

const AUDIT_COLUMNS = Object.values(getViewConfig(audit).selectedFields).filter((field) =>
  is(field, PgColumn),
)

/**
 * A whole row as JSON text without the excluded columns, so that a column that is added later is
 * exported, too. `shown` can replace a column's value.
 */
function rowJson(
  columns: readonly PgColumn[],
  leftOut: readonly PgColumn[] = [],
  shown: (column: PgColumn) => SQL | null = () => null,
): SQL<string> {
  const kept = columns.filter(({ name }) => leftOut.every((column) => column.name !== name))
  const parts = kept.map((column) => {
    const value = shown(column) ?? (is(column, PgTimestamp) ? isoTime(column) : sql`${column}`)
    return sql`${sql`${column.name}`.inlineParams()}, ${value}`
  })
  return sql<string>`json_build_object(${sql.join(parts, sql`, `)})`
}

const all = (table: Table, row: SQL, owner: PgColumn, order: SQL) =>
  sql`coalesce((select json_agg(${row} order by ${order}) from ${table} where ${owner} = ${users.id}), '[]')`

// Secrets (provider tokens, refresh tokens, codes) are left out: they say nothing about the person.
const IDENTITY = rowJson(columnsOf(identities), [
  identities.userId,
  identities.sealedAccessToken,
  identities.sealedRefreshToken,
  identities.grantLeasedUntil,
  // A hash of the address in the next column, for an index.
  identities.addressClaim,
])

/** Everything but the lists that may be long. */
const HEAD = {
  userId: users.id,
  exportedAt: sql<string>`${isoTime(now)}`,
  user: sql<string>`${rowJson(columnsOf(users))}::text`,
  identities: sql<string>`${all(
    identities,
    IDENTITY,
    identities.userId,
    sql`${identities.linkedAt}, ${identities.provider}, ${identities.subject}`,
  )}::text`,
  unlinked: sql<string>`${all(
    unlinkedIdentities,
    rowJson(columnsOf(unlinkedIdentities), [unlinkedIdentities.userId]),
    unlinkedIdentities.userId,
    sql`${unlinkedIdentities.unlinkedAt}`,
  )}::text`,
}

const FIND_OWN = statement((p: Placeholders<SessionRef>) =>
  db.select(HEAD).from(sessions).innerJoin(users, eq(users.id, sessions.userId)).where(asks(p)),
)

const FIND_ANY = statement((p: Placeholders<{ userId: string }>) =>
  db.select(HEAD).from(users).where(eq(users.id, p.userId)),
)

/** One page of a user's rows, ordered by a key, which is a text here. */
type Listing = { userId: string; after: string }

const LIST_SESSIONS = statement((p: Placeholders<Listing>) =>
  db
    .select({
      userId: sql<string>`${sessions.userId}`.as('user_id'),
      key: sql<string>`${sessions.id}::text`,
      json: sql<string>`${rowJson(columnsOf(sessions), [sessions.userId])}::text`,
    })
    .from(sessions)
    .where(and(eq(sessions.userId, p.userId), gt(sessions.id, sql`${p.after}::uuid`)))
    .orderBy(asc(sessions.id))
    .limit(PAGE),
)

/**
 * Address and user agent of an event that the person caused; those of an operator or provider are
 * theirs.
 */
const ofThePerson = (column: PgColumn) =>
  [audit.address.name, audit.userAgent.name].includes(column.name)
    ? sql`case when ${audit.reason} in ${REASONS_OF_OTHERS} then null else ${column} end`
    : null

const LIST_EVENTS = statement((p: Placeholders<Listing>) =>
  db
    .select({
      userId: sql<string>`${audit.userId}`.as('user_id'),
      key: sql<string>`${isoTime(audit.at)} || ' ' || ${audit.id}`,
      json: sql<string>`${rowJson(AUDIT_COLUMNS, [audit.userId], ofThePerson)}::text`,
    })
    .from(audit)
    .where(
      and(
        eq(audit.userId, p.userId),
        gte(audit.at, sql`split_part(${p.after}, ' ', 1)::timestamptz`),
        sql`(${audit.at}, ${audit.id})
          > (split_part(${p.after}, ' ', 1)::timestamptz, split_part(${p.after}, ' ', 2)::uuid)`,
      ),
    )
    .orderBy(asc(audit.at), asc(audit.id))
    .limit(PAGE),
)

/** Sorts before every id. */
export const FIRST = '00000000-0000-0000-0000-000000000000'

/**
 * Everything that is stored about a user as pieces of JSON text; no connection is held between two
 * pieces.
 */
export function createExport(database: Database): {
  own: Accounts['exportBySession']
  any: AdminUsers['export']
} {
  async function* rows(
    userId: string,
    list: typeof LIST_SESSIONS,
    first: string,
  ): AsyncGenerator<string> {
    let after = first
    for (;;) {
      const page = await list.all(database.query, { userId, after })
      const last = page.at(-1)
      if (last === undefined) break
      for (const row of page) requireOwn(database, row.userId, userId)
      yield (after === first ? '' : ',') + page.map(({ json }) => json).join()
      after = last.key
      if (page.length < PAGE) break
    }
  }
  async function* pieces(userId: string, head: Head): AsyncGenerator<string> {
    const { exportedAt, user, identities: own, unlinked } = head
    yield `{"exported_at":"${exportedAt}","user":${user},"identities":${own},`
    yield `"unlinked_identities":${unlinked},"sessions":[`
    yield* rows(userId, LIST_SESSIONS, FIRST)
    yield '],"events":['
    yield* rows(userId, LIST_EVENTS, `-infinity ${FIRST}`)
    yield ']}'
  }
  const whole = (userId: string, head: Head | null) => {
    if (head === null) return null
    requireOwn(database, head.userId, userId)
    return pieces(userId, head)
  }
  return {
    own: async (asking) => whole(asking.userId, await FIND_OWN.one(database.query, asking)),
    any: async (userId) => whole(userId, await FIND_ANY.one(database.query, { userId })),
  }
}

type Head = Record<'userId' | 'exportedAt' | 'user' | 'identities' | 'unlinked', string>
