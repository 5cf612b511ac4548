import type { SQL } from 'drizzle-orm'
import { sessions } from '../../schema.ts'
import { db } from '../../statement.ts'

/**
 * The ids of sessions that are about to end, locked in one order, so that no two callers deadlock.
 */
export const heldSessions = (condition: SQL | undefined) =>
  db
    .select({ id: sessions.id })
    .from(sessions)
    .where(condition)
    .orderBy(sessions.id)
    .for('no key update')
