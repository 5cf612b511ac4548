import { and, desc, eq, inArray, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../client.ts'
import { now } from '../../expressions.ts'
import { sessions } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'
import { saysWho } from '../events/say-who.ts'

/** How many sessions of one user may begin at the same moment without seeing each other. */
const AT_ONCE = 50

const ofUser = (userId: SQL) =>
  and(
    eq(sessions.userId, userId),
    isNull(sessions.endedAt),
    isNotNull(sessions.redeemedAt),
    sql`${sessions.expiresAt} > now()`,
  )

/**
 * Whether a user may have too many sessions, counting the new one and others that may be beginning
 * at the same moment. If so, `endSurplus` checks once the new one is visible.
 */
export const isCrowded = (userId: SQL, most: SQL | number): SQL<boolean> =>
  sql<boolean>`(${db.select({ count: sql`count(*)` }).from(sessions).where(ofUser(userId))})
    > ${most} - ${sql.raw(String(AT_ONCE))}`

type Crowd = { userId: string; most: number; asked: string }

const END_SURPLUS = statement((p: Placeholders<Crowd>) => {
  const tooMany = db
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(ofUser(sql`${p.userId}::uuid`), saysWho(p)))
    .orderBy(desc(sessions.lastUsedAt), desc(sessions.id))
    // The builder's type allows no parameter here.
    .offset(sql`${p.most}::int` as unknown as number)
  // Locked sessions are skipped: whoever has locked one ends it or uses it, and nobody waits for
  // two. One that has ended meanwhile keeps its reason.
  const surplus = db
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(inArray(sessions.id, tooMany), isNull(sessions.endedAt)))
    .for('no key update', { skipLocked: true })
  return db
    .update(sessions)
    .set({ endedAt: now, endReason: sql`'too_many'` })
    .where(inArray(sessions.id, surplus))
    .returning({ id: sessions.id })
})

/**
 * Ends the sessions of a user beyond `most`, those first that were unused the longest. It is a
 * statement of its own, so that it sees all that began at once; most sign-ins do not need it. A
 * session with a code begins when the code is redeemed. If this fails, the next sign-in does it,
 * and the log has the failure anyway.
 */
export const endSurplus = async ({ query }: Pick<Database, 'query'>, crowd: Crowd) => {
  await END_SURPLUS.all(query, crowd).catch(() => [])
}
