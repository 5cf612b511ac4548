import { sql } from 'drizzle-orm'
import type { RequestCounts } from '../../core/request-counts.ts'
import { batched } from '../batch.ts'
import type { Database, RunStatement } from '../client.ts'
import { now, seconds } from '../expressions.ts'
import { requestCounts } from '../schema.ts'
import { db, insertFrom, nameOf, type Placeholders, returning, statement } from '../statement.ts'

const { key, count, expiresAt } = requestCounts

/**
 * Counts requests. Takes keys and the seconds of their windows as two comma-separated lists; a key
 * may occur several times. Rows are locked in the order of their keys, so that statements do not
 * deadlock. The commit does not wait for the disk: a count may be lost in a crash.
 */
const COUNT = statement((p: Placeholders<{ keys: string; windows: string }>) => {
  const isOpen = sql`${requestCounts}.${nameOf(expiresAt)} > ${now}`
  const excluded = (column: typeof count | typeof expiresAt) => sql`excluded.${nameOf(column)}`
  const counted = db.$with('counted', { key, count, expiresAt }).as(
    insertFrom(
      requestCounts,
      {
        key: sql`asked.key`,
        count: sql`count(*)::int`,
        expiresAt: sql`${now} + ${seconds(sql`max(asked.seconds)`)}`,
      },
      sql`from unnest(string_to_array(${p.keys}, ','), string_to_array(${p.windows}, ',')::int[])
          as asked(key, seconds), set_config('synchronous_commit', 'off', true)
        group by asked.key order by asked.key
        on conflict (${nameOf(key)}) do update set
          ${nameOf(count)} = ${excluded(count)}
            + case when ${isOpen} then ${requestCounts}.${nameOf(count)} else 0 end,
          ${nameOf(expiresAt)} = case when ${isOpen}
            then ${requestCounts}.${nameOf(expiresAt)} else ${excluded(expiresAt)} end
        ${returning({ key, count, expiresAt })}`,
    ),
  )
  return db
    .with(counted)
    .select({
      key: counted.key,
      count: counted.count,
      endsInMs: sql<number>`extract(epoch from ${counted.expiresAt} - ${now})::float8 * 1000`,
    })
    .from(counted)
})

/** How long a request waits to be counted: enough for a busy machine, or a new connection. */
const LIMIT_MS = 2_000

/** Requests per statement. */
const LARGEST_BATCH = 100

/**
 * Request counters in PostgreSQL, one row per key. Requests that arrive together are counted by one
 * statement.
 */
export function createRequestCounts(database: Database): RequestCounts {
  const inTwoSeconds: RunStatement = (text, parameters, how) =>
    database.query(text, parameters, { ...how, limitMs: LIMIT_MS })
  const countOne = batched<
    { key: string; windowSeconds: number },
    { count: number; endsInMs: number }
  >(async (asked) => {
    const keys = asked.map(({ key }) => key)
    const windows = asked.map(({ windowSeconds }) => windowSeconds).join(',')
    const rows = await COUNT.all(inTwoSeconds, { keys: keys.join(','), windows })
    const left = new Map<string, number>()
    for (const key of keys) left.set(key, (left.get(key) ?? 0) + 1)
    const found = new Map(rows.map((row) => [row.key, row]))
    // Requests with the same key get consecutive counts; the last of them has the total.
    return ({ key }) => {
      const { count = 0, endsInMs = 0 } = found.get(key) ?? {}
      const later = (left.get(key) ?? 1) - 1
      left.set(key, later)
      return { count: count - later, endsInMs }
    }
  }, LARGEST_BATCH)
  return { count: (key, windowSeconds) => countOne({ key, windowSeconds }) }
}
