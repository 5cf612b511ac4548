import type { SQL } from 'drizzle-orm'
import { sessions } from '../../schema.ts'
import { db } from '../../statement.ts'

/**
 * The ids of several sessions that are about to end, held in their order, as whoever holds several does:
 * no two wait for each other.
 */
export const heldSessions = (condition: SQL | undefined) =>
  db
    .select({ id: sessions.id })
    .from(sessions)
    .where(condition)
    .orderBy(sessions.id)
    .for('no key update')
