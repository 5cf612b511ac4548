import { and, desc, eq, inArray, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../../client.ts'
import { now } from '../../expressions.ts'
import { sessions } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'
import { saysWho } from '../events/say-who.ts'

/** So many sessions of one user may begin at once, each of which sees none of the others. */
const AT_ONCE = 50

const ofUser = (userId: SQL) =>
  and(
    eq(sessions.userId, userId),
    isNull(sessions.endedAt),
    isNotNull(sessions.redeemedAt),
    sql`${sessions.expiresAt} > now()`,
  )

/**
 * Whether a user has so many sessions that with one that begins now, and those that begin at the same moment, they
 * may be too many: `endSurplus` looks then, once this one is there for all to see.
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
    // The builder's type has no word for a parameter here.
    .offset(sql`${p.most}::int` as unknown as number)
  // Whoever is at one of them ends it or goes on with it: nobody waits for two. One that has ended since keeps why.
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
 * Ends the sessions of a user beyond `most`, those first that were unused longest, by a statement of its own: it sees
 * all that began at once, and who is far from having too many does without it. One that starts with a code begins when
 * that is redeemed. Where it fails, the next sign-in does it;
 * why, whatever else is asked of the database says, too.
 */
export const endSurplus = async ({ query }: Pick<Database, 'query'>, crowd: Crowd) => {
  await END_SURPLUS.all(query, crowd).catch(() => [])
}
