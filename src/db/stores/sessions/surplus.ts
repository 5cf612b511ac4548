import { and, desc, eq, inArray, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import { sessions } from '../../schema.ts'
import { db } from '../../statement.ts'

/**
 * A part that ends the sessions of a user beyond `most`, those first that were unused longest; `where` says
 * when, and which do not count. One that starts with a code begins when that is redeemed. `userId` is one
 * value and no join: planned while there is nobody yet, a join would read all sessions until the table is
 * analysed.
 */
export const endSurplus = (userId: SQL, { most, where }: { most: SQL | number; where: SQL }) => {
  const tooMany = db
    .select({ id: sessions.id })
    .from(sessions)
    .where(
      and(
        eq(sessions.userId, userId),
        where,
        isNull(sessions.endedAt),
        isNotNull(sessions.redeemedAt),
        sql`${sessions.expiresAt} > now()`,
      ),
    )
    .orderBy(desc(sessions.lastUsedAt), desc(sessions.id))
    // The builder's type has no word for a parameter here.
    .offset(most as number)
  // Whoever is at one of them ends it or goes on with it: nobody waits for two.
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
