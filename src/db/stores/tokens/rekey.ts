import { and, eq, inArray, notExists, sql } from 'drizzle-orm'
import { alias, type PgColumn } from 'drizzle-orm/pg-core'
import type { IdentityKey } from '../../../core/identity/identity-key.ts'
import type { Database } from '../../client.ts'
import { ANYTHING } from '../../expressions.ts'
import { identities, sessions, users } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'
import { isSameIdentity } from '../same-identity.ts'
import { heldSessions } from '../sessions/held-sessions.ts'

/** An identity, with the subject that its provider used before. */
type Rekeying = IdentityKey & { former: string }

const isFormer = (
  table: Record<keyof IdentityKey, PgColumn>,
  { provider, issuer, former }: Placeholders<Rekeying>,
) => isSameIdentity(table, { provider, issuer, subject: former })

const other = alias(identities, 'other')
const former = alias(identities, 'former')
const u = alias(users, 'u')

/**
 * The user is locked first, as everywhere. Stored tokens were sealed for the former key and are
 * dropped: this login brings new ones.
 */
const IDENTITY = statement((p: Placeholders<Rekeying>) => {
  const held = db
    .$with('held')
    .as(
      db
        .select({ id: u.id })
        .from(u)
        .innerJoin(former, eq(former.userId, u.id))
        .where(isFormer(former, p))
        .for('no key update', { of: u }),
    )
  return db
    .with(held)
    .update(identities)
    .set({ subject: sql`${p.subject}`, sealedAccessToken: null, sealedRefreshToken: null })
    .from(held)
    .where(
      and(
        isFormer(identities, p),
        eq(identities.userId, held.id),
        notExists(db.select(ANYTHING).from(other).where(isSameIdentity(other, p))),
      ),
    )
    .returning({ userId: identities.userId })
})

const SESSIONS = statement((p: Placeholders<Rekeying & { userId: string }>) =>
  db
    .update(sessions)
    .set({ subject: sql`${p.subject}` })
    .where(
      inArray(sessions.id, heldSessions(and(eq(sessions.userId, p.userId), isFormer(sessions, p)))),
    )
    .returning({ id: sessions.id }),
)

/**
 * Changes an identity to the new subject that its provider uses, so that one person does not become
 * two users. Does nothing if there is no such identity, or the new one exists.
 */
export async function rekeyIdentity(
  database: Pick<Database, 'transaction'>,
  key: IdentityKey,
  former: string | undefined,
): Promise<void> {
  if (former === undefined || former === key.subject) return
  const values = { ...key, former }
  await database.transaction(async (run) => {
    const moved = await IDENTITY.one(run, values)
    if (moved !== null) await SESSIONS.all(run, { ...values, ...moved })
  })
}
