import { lt, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Database } from '../client.ts'
import { now } from '../expressions.ts'
import {
  finishedFlows,
  linkCodes,
  loginCodes,
  receivedEvents,
  refreshTokens,
  requestCounts,
  sessions,
} from '../schema.ts'
import { db, nameOf, statement } from '../statement.ts'

const BATCH = 1000

/**
 * Deletes one batch of expired rows, the oldest first, so that only rows to delete are read. Rows
 * that another replica is deleting are skipped.
 */
function removal(key: PgColumn, expiresAt: PgColumn) {
  const over = lt(expiresAt, now)
  const gone = db.$with('gone', { key }).as(
    sql`delete from ${key.table} where ctid = any(array(
      select ctid from ${key.table} where ${over} order by ${expiresAt} limit ${BATCH}
      for update skip locked)) returning ${nameOf(key)}`,
  )
  return statement<Record<never, never>, { removed: number }>(() =>
    db.with(gone).select({ removed: sql<number>`count(*)::int` }).from(gone),
  )
}

/** The kinds of rows that are deleted once they have expired. */
const REMOVALS = [
  removal(finishedFlows.id, finishedFlows.expiresAt),
  removal(requestCounts.key, requestCounts.expiresAt),
  removal(refreshTokens.hash, refreshTokens.expiresAt),
  removal(loginCodes.hash, loginCodes.expiresAt),
  removal(linkCodes.hash, linkCodes.expiresAt),
  removal(receivedEvents.id, receivedEvents.expiresAt),
  removal(sessions.id, sessions.expiresAt),
]

/**
 * Deletes at most one batch of expired rows of each kind; tells whether one of the batches was
 * full.
 */
export async function sweepBatch({
  query,
}: Pick<Database, 'query'>): Promise<{ removed: number; more: boolean }> {
  let removed = 0
  let more = false
  for (const batch of REMOVALS) {
    const gone = (await batch.one(query, {}))?.removed ?? 0
    removed += gone
    if (gone === BATCH) more = true
  }
  return { removed, more }
}
