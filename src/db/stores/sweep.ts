import { inArray, lt, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Database } from '../client.ts'
import {
  finishedFlows,
  linkCodes,
  loginCodes,
  refreshTokens,
  requestCounts,
  sessions,
} from '../schema.ts'

const BATCH = 1000

/** What goes once it is over. A code stays for a day, so that showing it again is still noticed. */
const KINDS: readonly { key: PgColumn; expiresAt: PgColumn; keptFor: string }[] = [
  { key: finishedFlows.id, expiresAt: finishedFlows.expiresAt, keptFor: '0' },
  { key: requestCounts.key, expiresAt: requestCounts.expiresAt, keptFor: '0' },
  { key: refreshTokens.hash, expiresAt: refreshTokens.expiresAt, keptFor: '0' },
  { key: loginCodes.hash, expiresAt: loginCodes.expiresAt, keptFor: '1 day' },
  { key: linkCodes.hash, expiresAt: linkCodes.expiresAt, keptFor: '0' },
  { key: sessions.id, expiresAt: sessions.expiresAt, keptFor: '0' },
]

/**
 * Removes at most one batch of expired rows of each kind; gives how many rows went. Rows that another
 * replica is removing are passed over.
 */
export async function sweepBatch({ orm, run }: Database): Promise<number> {
  let removed = 0
  for (const { key, expiresAt, keptFor } of KINDS) {
    const expired = orm
      .select({ key })
      .from(key.table)
      .where(lt(expiresAt, sql`now() - ${keptFor}::interval`))
      .limit(BATCH)
      .for('update', { skipLocked: true })
    const gone = await run(() =>
      orm.delete(key.table).where(inArray(key, expired)).returning({ key }),
    )
    removed += gone.length
  }
  return removed
}
