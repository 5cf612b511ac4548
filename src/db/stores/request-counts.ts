import { sql } from 'drizzle-orm'
import type { RequestCounts } from '../../core/request-counts.ts'
import { batched } from '../batch.ts'
import type { Database, RunStatement } from '../client.ts'
import { now, seconds } from '../expressions.ts'
import { requestCounts } from '../schema.ts'
import { db, insertFrom, nameOf, type Placeholders, returning, statement } from '../statement.ts'

const { key, count, expiresAt } = requestCounts

/**
 * Keys and seconds of their windows, each comma separated; a key may stand there several times. In the
 * order of the keys, so that two statements never wait for each other's rows. A count that a crash loses
 * is no loss, so the commit waits for no disk.
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

/** Whoever waits for a count waits no longer: enough for a busy machine, and for a connection to be made. */
const LIMIT_MS = 2_000

/** Requests in one statement. */
const LARGEST_BATCH = 100

/**
 * Counters in PostgreSQL, one row per key. Requests that arrive together are
 * counted by one statement.
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
    // Requests of one key are told apart by their turn: the last of them has the whole count.
    return ({ key }) => {
      const { count = 0, endsInMs = 0 } = found.get(key) ?? {}
      const later = (left.get(key) ?? 1) - 1
      left.set(key, later)
      return { count: count - later, endsInMs }
    }
  }, LARGEST_BATCH)
  return { count: (key, windowSeconds) => countOne({ key, windowSeconds }) }
}
