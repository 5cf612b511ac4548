import { and, eq, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import { type FlowOutcome, REPEAT_SECONDS, type UsedFlows } from '../../core/client/used-flows.ts'
import { refusalOf } from '../../core/pages/page-reason.ts'
import type { Database } from '../client.ts'
import { epochSeconds, now, seconds } from '../expressions.ts'
import { finishedFlows, linkCodes, loginCodes, refreshTokens, sessions } from '../schema.ts'
import { db, insertFrom, type Placeholders, returning, statement } from '../statement.ts'
import { requireSame } from './require-own.ts'

/** Longer than any login takes: ten seconds of the provider's time, five of the database's. */
const LONGEST_SECONDS = 16

const FINISH = statement((p: Placeholders<{ id: string; ttl: number }>) => {
  const finished = db
    .$with('finished', { id: finishedFlows.id })
    .as(
      insertFrom(
        finishedFlows,
        { id: p.id, expiresAt: sql`${now} + ${seconds(p.ttl)}` },
        sql`on conflict do nothing ${returning({ id: finishedFlows.id })}`,
      ),
    )
  return db.with(finished).select({ id: finished.id }).from(finished)
})

type Failed = { id: string; error: string; description: string; refusal: string | null }

const FAIL = statement((p: Placeholders<Failed>) =>
  db
    .update(finishedFlows)
    .set({
      failedAt: now,
      error: sql`${p.error}::text`,
      errorDescription: sql`${p.description}::text`,
      refusal: sql`${p.refusal}::text`,
    })
    .where(eq(finishedFlows.id, p.id))
    .returning({ id: finishedFlows.id }),
)

const s = alias(sessions, 's')
const c = alias(loginCodes, 'c')
const r = alias(refreshTokens, 'r')
const l = alias(linkCodes, 'l')

const isRecent = (time: unknown, within: number) =>
  sql<boolean>`coalesce(${time} > ${now} - ${seconds(within)}, false)`

const FIND = statement((p: Placeholders<{ id: string; sessionId: string; linkCode: Buffer }>) =>
  db
    .select({
      id: finishedFlows.id,
      waits: isRecent(finishedFlows.finishedAt, LONGEST_SECONDS).as('waits'),
      failed: isRecent(finishedFlows.failedAt, REPEAT_SECONDS).as('failed'),
      error: finishedFlows.error,
      description: finishedFlows.errorDescription,
      refusal: finishedFlows.refusal,
      linked: sql<boolean>`coalesce(${l.expiresAt} > ${now}, false)`.as('linked'),
      signedIn: isRecent(s.createdAt, REPEAT_SECONDS).as('signed_in'),
      userId: s.userId,
      authTime: epochSeconds<number | null>(s.authTime).as('auth_time'),
      tokenHash: sql<Buffer | null>`coalesce(${c.hash}, ${r.hash})`.as('token_hash'),
    })
    .from(finishedFlows)
    .leftJoin(s, eq(s.id, p.sessionId))
    .leftJoin(c, eq(c.sessionId, s.id))
    .leftJoin(r, and(eq(r.sessionId, s.id), eq(r.generation, 1)))
    .leftJoin(l, eq(l.hash, p.linkCode))
    .where(eq(finishedFlows.id, p.id)),
)

function outcomeOf(row: Awaited<ReturnType<typeof FIND.one>>): FlowOutcome {
  if (row === null) return { is: 'over' }
  const { error, description, refusal, userId, tokenHash } = row
  if (error !== null) {
    const why = refusalOf({ reason: refusal })
    const failure = { error, error_description: description ?? '', refusal: why }
    return row.failed ? { is: 'failed', failure } : { is: 'over' }
  }
  if (row.linked) return { is: 'linked' }
  if (userId !== null && tokenHash !== null) {
    const { authTime } = row
    return row.signedIn ? { is: 'signed_in', userId, authTime, tokenHash } : { is: 'over' }
  }
  return { is: row.waits ? 'under_way' : 'over' }
}

/** Records used flows in PostgreSQL, so that each is finished once. */
export function createUsedFlows(database: Database): UsedFlows {
  const { query } = database
  return {
    async finish(id, ttl) {
      const row = await FINISH.one(query, { id, ttl })
      if (row !== null) requireSame(database, row.id, id)
      return row !== null
    },
    async fail(id, { error, error_description: description, refusal }) {
      await FAIL.one(query, { id, error, description, refusal })
    },
    async find(id, { sessionId, linkCode }) {
      const row = await FIND.one(query, { id, sessionId, linkCode })
      if (row !== null) requireSame(database, row.id, id)
      return outcomeOf(row)
    },
  }
}
