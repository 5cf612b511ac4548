import { type Placeholder, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'

/** Columns by name, of a table or of a part of a statement. */
export type Columns<Name extends string> = { readonly [N in Name]: PgColumn }

/** When the transaction began, by the database's clock. */
export const now: SQL = sql`now()`

/** What `exists` selects: it asks for rows alone. */
export const ANYTHING = { one: sql`1` }

/** One row without columns, for a statement that selects from no table: the builder wants a `from`. */
export const ONE_ROW: SQL = sql`(select) as one`

/** Seconds of a parameter or a column as an interval. */
export const seconds = (value: SQLWrapper | Placeholder | number): SQL =>
  sql`${value} * interval '1 second'`

/** A moment as ISO 8601 text in UTC, to the millisecond. */
export const isoTime = (moment: SQLWrapper): SQL<string> =>
  sql<string>`to_char(${moment} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** A moment in whole seconds since 1970. */
export const epochSeconds = <Value extends number | null = number>(moment: PgColumn): SQL<Value> =>
  sql<Value>`floor(extract(epoch from ${moment}))::float8`

/** An address with ASCII letters in lower case and nothing else changed, as its index has it. */
export const lowerCase = (email: SQLWrapper): SQL => sql`lower(${email} collate "C")`
