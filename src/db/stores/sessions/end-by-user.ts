import { and, eq, exists, inArray, isNull, or, sql } from 'drizzle-orm'
import type { SessionRef } from '../../../core/identity/session-ref.ts'
import type { Sessions } from '../../../core/tokens/sessions.ts'
import type { Database } from '../../client.ts'
import { ANYTHING, now, ONE_ROW } from '../../expressions.ts'
import { inTime } from '../../in-time.ts'
import { sessions, users } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'
import { askedBy, saysWho } from '../events/say-who.ts'
import { requireOwn } from '../require-own.ts'
import { heldSessions } from './held-sessions.ts'

/** `target` is the session to end; null ends all but the asking one. */
type Ending = SessionRef & { target: string | null; asked: string }

/**
 * Locks the asking session together with those to end, in one order: of two sessions that end each
 * other, the second finds that it has ended and ends nothing.
 */
const END = statement((p: Placeholders<Ending>) => {
  const isTarget = sql`case when ${p.target}::uuid is null then ${sessions.id} <> ${p.sessionId}
    else ${sessions.id} = ${p.target}::uuid end`
  const enabled = db
    .select(ANYTHING)
    .from(users)
    .where(and(eq(users.id, p.userId), isNull(users.disabledAt)))
  const held = db
    .$with('held')
    .as(
      heldSessions(
        and(
          eq(sessions.userId, p.userId),
          or(eq(sessions.id, p.sessionId), isTarget),
          isNull(sessions.endedAt),
          sql`${sessions.expiresAt} > ${now}`,
          exists(enabled),
          inTime,
          saysWho(p),
        ),
      ),
    )
  const asking = exists(db.select({ id: held.id }).from(held).where(eq(held.id, p.sessionId)))
  const ended = db.$with('ended').as(
    db
      .update(sessions)
      .set({ endedAt: now, endReason: sql`'ended_by_user'` })
      .where(and(inArray(sessions.id, db.select({ id: held.id }).from(held)), isTarget, asking))
      .returning({ id: sessions.id }),
  )
  return db
    .with(held, ended)
    .select({
      question: sql<string>`concat_ws(' ', ${p.sessionId}::uuid, ${p.target}::uuid)`.as('question'),
      isAlive: sql<boolean>`${asking}`.as('is_alive'),
      count: sql<number>`(select count(*)::int from ${ended})`.as('ended_count'),
    })
    .from(ONE_ROW)
})

/** Ends sessions at the request of their user. */
export const endByUser =
  (database: Database): Sessions['endByUser'] =>
  async ({ userId, sessionId, asker }, which) => {
    const target = which === 'others' ? null : which.id
    const row = await END.one(database.query, { userId, sessionId, target, asked: askedBy(asker) })
    if (row === null) return null
    requireOwn(database, row.question, target === null ? sessionId : `${sessionId} ${target}`)
    return row.isAlive ? row.count : null
  }
