import { and, eq } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { Freshness } from '../../../core/identity/accounts.ts'
import type { SessionRef } from '../../../core/identity/session-ref.ts'
import type { Database, RunStatement } from '../../client.ts'
import { inTime } from '../../in-time.ts'
import { identities, sessions, users } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'
import { asks, isFresh } from '../alive.ts'
import { requireOwn } from '../require-own.ts'

const u = alias(users, 'u')
const s = alias(sessions, 's')

/** All identities of a user, held in the order in which everybody holds them: before the user. */
export const HOLD_IDENTITIES = statement((p: Placeholders<{ userId: string }>) =>
  db
    .select({ subject: identities.subject })
    .from(identities)
    .where(eq(identities.userId, p.userId))
    .orderBy(identities.provider, identities.issuer, identities.subject)
    .for('update'),
)

const HOLD = statement((p: Placeholders<SessionRef & Freshness>) =>
  db
    .select({ userId: u.id, isFresh: isFresh(p, s) })
    .from(s)
    .innerJoin(u, eq(u.id, s.userId))
    .where(and(asks(p, { s, u }), inTime))
    .for('update', { of: [u, s] }),
)

/**
 * Holds the user who asks, and the session by which they do: of two changes at once the second sees what
 * the first did, and what ended while it waited changes nothing any more. Gives why nothing may be done,
 * null where it may.
 */
export async function holdAsking(
  database: Pick<Database, 'distrust'>,
  run: RunStatement,
  { userId, sessionId }: SessionRef,
  reauthSeconds: Freshness['reauthSeconds'],
): Promise<'session_over' | 'sign_in_again' | null> {
  const asking = await HOLD.one(run, { userId, sessionId, reauthSeconds })
  if (asking === null) return 'session_over'
  requireOwn(database, asking.userId, userId)
  return asking.isFresh ? null : 'sign_in_again'
}
