import { and, asc, desc, eq, gte, or, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { Asker, Audit, AuditEvent, AuditRow } from '../../../core/events/audit.ts'
import type { Database, RunStatement } from '../../client.ts'
import { isoTime, ONE_ROW } from '../../expressions.ts'
import { clockOf, dropPartitions, makePartitions, missingMonths } from '../../partitions.ts'
import { audit as a } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'
import { countEndedSessions } from '../sessions/ended-sessions.ts'
import { askedBy, recordEvent } from './say-who.ts'

interface Recorded {
  type: string
  userId: string | null
  sessionId: string | null
  clientId: string | null
  provider: string | null
  address: string | null
  userAgent: string | null
  reason: string | null
}

/** Records an event with the function that the triggers use, which also puts it into the outbox. */
const RECORD = statement((p: Placeholders<Recorded>) =>
  db
    .select({
      done: sql<string>`${recordEvent}(${p.type}::text, ${p.userId}::uuid, ${p.sessionId}::uuid,
        ${p.clientId}::text, ${p.provider}::text, ${p.address}::text, ${p.userAgent}::text,
        ${p.reason}::text)::text`,
    })
    .from(ONE_ROW),
)

const SAY_WHO = statement((p: Placeholders<{ asked: string }>) =>
  db
    .select({ done: sql<string>`set_config('latchkey.asked', ${p.asked}::text, true)` })
    .from(ONE_ROW),
)

/** Tells the transaction who asks; its events then name them. */
export async function sayWho(run: RunStatement, asker: Asker | null | undefined): Promise<void> {
  await SAY_WHO.one(run, { asked: askedBy(asker) })
}

/** Records an event within a transaction. */
export async function recordIn(run: RunStatement, event: AuditEvent): Promise<void> {
  const { type, userId = null, sessionId = null, clientId = null } = event
  const { provider = null, reason = null } = event
  const about = { type, userId, sessionId, clientId, provider, reason }
  await RECORD.one(run, { ...about, address: null, userAgent: null })
}

/**
 * Records that a user was created, as a value in the statement that creates it. Not for sign-ins,
 * whose session records it.
 */
export const toldMade = (userId: SQLWrapper): SQL<string> =>
  sql`${recordEvent}('user.created', ${userId}, null, null, null, null, null, null)`

/**
 * Records that an identity was linked, as a value in the statement that links it. Not for sign-ins,
 * as above.
 */
export const toldLinked = (
  of: Record<'userId' | 'provider' | 'linkReason', SQLWrapper>,
): SQL<string> =>
  sql`${recordEvent}('identity.linked', ${of.userId}, null, null, ${of.provider}, null, null, ${of.linkReason})`

interface Asked {
  userId: string | null
  type: string | null
  since: string | null
  afterAt: string | null
  afterId: string | null
  limit: number
}

const list = (order: typeof asc, behind: SQL) =>
  statement((p: Placeholders<Asked>) =>
    db
      .select({
        id: a.id,
        type: a.type,
        userId: a.userId,
        sessionId: a.sessionId,
        clientId: a.clientId,
        provider: a.provider,
        address: a.address,
        userAgent: a.userAgent,
        requestId: a.requestId,
        reason: a.reason,
        at: isoTime(a.at).as('at_text'),
      })
      .from(a)
      .where(
        and(
          or(sql`${p.userId}::uuid is null`, eq(a.userId, p.userId)),
          sql`(${p.type}::text is null or ${a.type} = ${p.type} or starts_with(${a.type}, ${p.type} || '.'))`,
          gte(a.at, sql`coalesce(${p.since}::timestamptz, '-infinity')`),
          sql`(${p.afterAt}::timestamptz is null
          or ${a.at} ${behind}= ${p.afterAt}::timestamptz
            and (${a.at}, ${a.id}) ${behind} (${p.afterAt}::timestamptz, ${p.afterId}::uuid))`,
        ),
      )
      .orderBy(order(a.at), order(a.id))
      .limit(p.limit),
  )

const LIST = list(asc, sql`>`)
const LIST_NEWEST = list(desc, sql`<`)

/** Only one replica at a time makes and drops partitions. */
const LOCK = 'select pg_advisory_xact_lock(76, 4713)'

/** The audit log in PostgreSQL. */
export function createAudit(database: Database): Audit {
  const alone = <T>(work: (run: RunStatement) => Promise<T>) =>
    database.transaction(async (run) => {
      await run(LOCK)
      return work(run)
    })
  return {
    record: (event, asker = null) =>
      database.transaction(async (run) => {
        await sayWho(run, asker)
        await recordIn(run, event)
      }),
    list: ({ userId, type, since, after, newestFirst = false, limit }) =>
      (newestFirst ? LIST_NEWEST : LIST).all(database.query, {
        userId: userId ?? null,
        type: type ?? null,
        since: since?.toISOString() ?? null,
        afterAt: after?.at ?? null,
        afterId: after?.id ?? null,
        limit,
      }) as Promise<AuditRow[]>,
    now: () => clockOf(database.query),
    endedSessions: (since) => countEndedSessions(database.query, since),
    makePartitions: async () => {
      if ((await missingMonths(database.query)).length > 0) await alone(makePartitions)
    },
    dropPartitions: (olderThanSeconds) => alone((run) => dropPartitions(run, olderThanSeconds)),
  }
}
