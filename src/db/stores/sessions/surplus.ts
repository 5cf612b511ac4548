import { inArray, type SQLWrapper, sql } from 'drizzle-orm'
import { sessions } from '../../schema.ts'
import { db } from '../../statement.ts'

/**
 * A part that ends these sessions, which are beyond SESSIONS_PER_USER. Whoever is at one of them ends it or
 * goes on with it: nobody waits for two.
 */
export const endSurplus = (tooMany: SQLWrapper) => {
  const surplus = db
    .select({ id: sessions.id })
    .from(sessions)
    .where(inArray(sessions.id, tooMany))
    .for('no key update', { skipLocked: true })
  return db
    .$with('outdone')
    .as(
      db
        .update(sessions)
        .set({ endedAt: sql`now()`, endReason: sql`'too_many'` })
        .where(inArray(sessions.id, surplus))
        .returning({ id: sessions.id }),
    )
}
