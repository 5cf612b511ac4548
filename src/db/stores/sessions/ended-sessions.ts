import { and, eq, sql } from 'drizzle-orm'
import type { EndedSessions } from '../../../core/events/audit.ts'
import type { RunStatement } from '../../client.ts'
import { ONE_ROW } from '../../expressions.ts'
import { auditEvents } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'

/** What is not committed after that does not come any more: longer than an operation may take. */
const LATE_SECONDS = 10

const e = auditEvents
const until = sql`now() - ${sql.raw(String(LATE_SECONDS))} * interval '1 second'`

const COUNT = statement((p: Placeholders<{ since: string | null }>) =>
  db
    .select({
      until: sql<string>`(${until})::text`.as('until'),
      reason: sql<string | null>`coalesce(${e.reason}, 'unknown')`.as('why'),
      count: sql<number>`count(${e.id})::int`.as('count'),
    })
    .from(ONE_ROW)
    .leftJoin(
      e,
      and(
        eq(e.type, 'session.ended'),
        // After an hour without a look there is no catching up.
        sql`${e.at} > greatest(coalesce(${p.since}::timestamptz, ${until}), now() - interval '1 hour')`,
        sql`${e.at} <= ${until}`,
      ),
    )
    .groupBy(sql`2`),
)

/** How many sessions ended behind a moment that an earlier count named, by reason. */
export async function countEndedSessions(
  run: RunStatement,
  since: string | null,
): Promise<EndedSessions> {
  const rows = await COUNT.all(run, { since })
  const counted = rows.filter(({ count }) => count > 0)
  return {
    until: rows[0]?.until ?? since,
    byReason: Object.fromEntries(counted.map(({ reason, count }) => [reason, count])),
  }
}
