import type { RequestCounts } from '../../core/stores.ts'
import { batched } from '../batch.ts'
import type { Database } from '../client.ts'

/**
 * $1 keys, $2 seconds of their windows, each comma separated; a key may stand there several times. In
 * the order of the keys, so that two statements never wait for each other's rows. A count that a crash
 * loses is no loss, so the commit waits for no disk.
 */
const COUNT = `
insert into latchkey.request_counts as counted (key, count, expires_at)
select key, count(*)::int, now() + max(seconds) * interval '1 second'
from unnest(string_to_array($1, ','), string_to_array($2, ',')::int[]) as asked(key, seconds),
  set_config('synchronous_commit', 'off', true)
group by key order by key
on conflict (key) do update set
  count = excluded.count + case when counted.expires_at > now() then counted.count else 0 end,
  expires_at =
    case when counted.expires_at > now() then counted.expires_at else excluded.expires_at end
returning key, count, extract(epoch from expires_at - now())::float8 * 1000 as "endsInMs"`

/** Whoever waits for a count waits no longer: enough for a busy machine, and for a connection to be made. */
const LIMIT_MS = 2_000

/** Requests in one statement. */
const LARGEST_BATCH = 100

/**
 * Counters in PostgreSQL, one row per key. Requests that arrive in the same turn of the event loop are
 * counted by one statement.
 */
export function createRequestCounts(database: Database): RequestCounts {
  const count = batched<
    { key: string; windowSeconds: number },
    { count: number; endsInMs: number }
  >(async (asked) => {
    const keys = asked.map(({ key }) => key)
    const rows = await database.query<{ key: string; count: number; endsInMs: number }>(
      COUNT,
      [keys.join(','), asked.map(({ windowSeconds }) => windowSeconds).join(',')],
      { limitMs: LIMIT_MS },
    )
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
  return { count: (key, windowSeconds) => count({ key, windowSeconds }) }
}
