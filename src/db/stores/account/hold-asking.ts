import { and, eq } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { Freshness } from '../../../core/identity/accounts.ts'
import type { SessionRef } from '../../../core/identity/session-ref.ts'
import type { Database, RunStatement } from '../../client.ts'
import { inTime } from '../../in-time.ts'
import { identities, sessions, users } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'
import { isAlive, isFresh } from '../alive.ts'
import { requireOwn } from '../require-own.ts'

const u = alias(users, 'u')
const s = alias(sessions, 's')

/** All identities of a user who is locked, so that no other can be added meanwhile. */
export const HOLD_IDENTITIES = statement((p: Placeholders<{ userId: string }>) =>
  db
    .select({ subject: identities.subject })
    .from(identities)
    .where(eq(identities.userId, p.userId))
    .orderBy(identities.provider, identities.issuer, identities.subject)
    .for('update'),
)

/** Locks the user, then all their sessions, in the same order as everybody does. */
const HOLD = statement((p: Placeholders<{ userId: string } & Freshness>) =>
  db
    .select({ userId: u.id, sessionId: s.id, isFresh: isFresh(p, s) })
    .from(s)
    .innerJoin(u, eq(u.id, s.userId))
    .where(and(eq(s.userId, p.userId), isAlive(s, u), inTime))
    .orderBy(s.id)
    .for('update', { of: [u, s] }),
)

/**
 * Locks the user who asks, and their sessions: of two changes at once the second sees what the
 * first did, and a session that ended meanwhile changes nothing. Gives the reason if nothing may be
 * done, else null.
 */
export async function holdAsking(
  database: Pick<Database, 'distrust'>,
  run: RunStatement,
  { userId, sessionId }: SessionRef,
  reauthSeconds: Freshness['reauthSeconds'],
): Promise<'session_over' | 'sign_in_again' | null> {
  const held = await HOLD.all(run, { userId, reauthSeconds })
  for (const one of held) requireOwn(database, one.userId, userId)
  const asking = held.find((one) => one.sessionId === sessionId.toLowerCase())
  if (asking === undefined) return 'session_over'
  return asking.isFresh ? null : 'sign_in_again'
}
