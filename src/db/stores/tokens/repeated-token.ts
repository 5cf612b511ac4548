import { and, eq, isNull, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import { decideRepeat } from '../../../core/tokens/refresh-repeat.ts'
import type {
  DerivedTokens,
  PresentedRefreshToken,
  Rotation,
} from '../../../core/tokens/token-store.ts'
import type { Database } from '../../client.ts'
import { now } from '../../expressions.ts'
import { refreshTokens, sessions, users } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'
import { recordIn, sayWho } from '../events/audit.ts'
import { requireOwn } from '../require-own.ts'
import { goesOnFor, grantedSession, isUnlisted, isWider } from './granted-session.ts'

const u = alias(users, 'u')
const s = alias(sessions, 's')
const r = alias(refreshTokens, 'r')

/** Locks user and session of a token that is presented again, until it is decided about. */
const HOLD = statement(
  (p: Placeholders<{ id: string } & Omit<PresentedRefreshToken, 'hash' | 'sessionId' | 'asker'>>) =>
    db
      .select({ ...grantedSession(s), wider: isWider(s, p), unlisted: isUnlisted(s, p) })
      .from(s)
      .innerJoin(u, eq(u.id, s.userId))
      .where(and(eq(s.id, p.id), goesOnFor(s, p, u)))
      .for('no key update', { of: [u, s] }),
)

/** The presented token, the one before it, and its successor; gives other rows if it is gone. */
const FAMILY = statement((p: Placeholders<{ id: string; hash: Buffer }>) =>
  db
    .select({
      sessionId: refreshTokens.sessionId,
      hash: refreshTokens.hash,
      generation: refreshTokens.generation,
      rotatedSecondsAgo: sql<
        number | null
      >`extract(epoch from clock_timestamp() - ${refreshTokens.rotatedAt})::float8`,
      repeated: sql<boolean>`${refreshTokens.repeatedAt} is not null`,
    })
    .from(refreshTokens)
    .where(
      and(
        eq(refreshTokens.sessionId, p.id),
        sql`${refreshTokens.generation} >= coalesce(${db
          .select({ generation: sql`${r.generation} - 1` })
          .from(r)
          .where(eq(r.hash, p.hash))}, 0)`,
      ),
    )
    .orderBy(refreshTokens.generation)
    .limit(3),
)

const MARK_REPEATED = statement((p: Placeholders<{ hash: Buffer }>) =>
  db
    .update(refreshTokens)
    .set({ repeatedAt: now })
    .where(eq(refreshTokens.hash, p.hash))
    .returning({ hash: refreshTokens.hash }),
)

const END = statement((p: Placeholders<{ id: string }>) =>
  db
    .update(sessions)
    .set({ endedAt: now, endReason: sql`'refresh_token_reused'` })
    .where(and(eq(sessions.id, p.id), isNull(sessions.endedAt)))
    .returning({ id: sessions.id }),
)

/** Decides about a refresh token that was used before, one request at a time for each session. */
export function repeatToken(
  database: Database,
  { hash, clientId, fromCookie, scopes, resources, asker }: PresentedRefreshToken,
  { hashes }: DerivedTokens,
  id: string,
): Promise<Rotation> {
  return database.transaction(async (run): Promise<Rotation> => {
    const held = await HOLD.one(run, { id, clientId, fromCookie, scopes, resources })
    if (held === null) return { outcome: 'refused', reason: 'session' }
    requireOwn(database, held.id, id)
    const { wider, unlisted, ...session } = held
    const family = await FAMILY.all(run, { id, hash })
    for (const { sessionId } of family) requireOwn(database, sessionId, id)
    const decision = decideRepeat(hash, family, hashes)
    if (decision.action === 'end') {
      const { reason } = decision
      await sayWho(run, asker)
      await recordIn(run, {
        type: 'refresh_token.reused',
        userId: session.userId,
        sessionId: id,
        clientId: session.clientId,
        reason,
      })
      await END.one(run, { id })
      return { outcome: 'reused', reason, sessionId: id, userId: session.userId }
    }
    if (decision.action === 'refuse') return { outcome: 'refused', reason: decision.reason }
    if (wider) return { outcome: 'wider' }
    if (unlisted) return { outcome: 'unlisted' }
    if (decision.isLate) {
      await MARK_REPEATED.one(run, { hash })
      await sayWho(run, asker)
      const { userId, clientId } = session
      await recordIn(run, { type: 'refresh_token.repeated', userId, sessionId: id, clientId })
    }
    return { outcome: decision.isLate ? 'repeated' : 'rotated', session, place: decision.place }
  })
}
