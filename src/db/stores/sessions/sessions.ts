import { and, desc, eq, isNotNull, isNull, or, sql } from 'drizzle-orm'
import type { Freshness } from '../../../core/identity/accounts.ts'
import type { SessionRef } from '../../../core/identity/session-ref.ts'
import type { Sessions, StoredSession } from '../../../core/tokens/sessions.ts'
import type { Database } from '../../client.ts'
import { epochSeconds, isoTime, now } from '../../expressions.ts'
import { refreshTokens, sessions, users } from '../../schema.ts'
import { db, type Placeholders, type Statement, statement } from '../../statement.ts'
import { asks, isAlive, isFresh, isInUse } from '../alive.ts'
import { askedBy, saysWho } from '../events/say-who.ts'
import { requireOwn } from '../require-own.ts'
import { grantedSession } from '../tokens/granted-session.ts'
import { endByUser } from './end-by-user.ts'

/**
 * How many sessions of one user are listed: as many as SESSIONS_PER_USER may allow, since a session
 * that is not listed cannot be ended.
 */
const MOST = 10_000

const runs = and(isNull(sessions.endedAt), sql`${sessions.expiresAt} > ${now}`)

/**
 * Sessions whose code was never redeemed, or whose tokens have all expired, are not listed: nobody
 * is signed in by them.
 */
const listStatement = (accessTokenTtlSeconds: number) =>
  statement((p: Placeholders<SessionRef>) =>
    db
      .select({
        userId: sessions.userId,
        id: sessions.id,
        client_id: sessions.clientId,
        provider: sessions.provider,
        user_agent: sessions.userAgent,
        address: sessions.address,
        created_at: isoTime(sessions.createdAt),
        last_used_at: isoTime(sessions.lastUsedAt),
        expires_at: isoTime(sessions.expiresAt),
      })
      .from(sessions)
      .innerJoin(users, eq(users.id, sessions.userId))
      .where(
        and(
          eq(sessions.userId, p.userId),
          isAlive(),
          isNotNull(sessions.redeemedAt),
          or(eq(sessions.id, p.sessionId), isInUse(accessTokenTtlSeconds)),
        ),
      )
      .orderBy(desc(sessions.lastUsedAt), desc(sessions.id))
      .limit(MOST),
  )

type Ending = SessionRef & { reason: string; asked: string }

const END = statement((p: Placeholders<Ending>) =>
  db
    .update(sessions)
    .set({ endedAt: now, endReason: sql`${p.reason}` })
    .where(and(eq(sessions.userId, p.userId), eq(sessions.id, p.sessionId), runs, saysWho(p)))
    .returning({ id: sessions.id }),
)

const IS_ALIVE = statement((p: Placeholders<SessionRef>) =>
  db
    .select({ id: sessions.id })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(asks(p)),
)

const IS_RUNNING = statement((p: Placeholders<SessionRef>) =>
  db
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.id, p.sessionId), eq(sessions.userId, p.userId), runs)),
)

const IS_IN_COOKIES = statement((p: Placeholders<SessionRef>) =>
  db
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(eq(sessions.id, p.sessionId), eq(sessions.userId, p.userId), sessions.cookieMode)),
)

const FIND_ROLES = statement((p: Placeholders<SessionRef>) =>
  db
    .select({ id: sessions.id, roles: users.roles })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(asks(p)),
)

const FIND_BY_REFRESH_TOKEN = statement((p: Placeholders<{ hash: Buffer }>) =>
  db
    .select({
      hash: refreshTokens.hash,
      ...grantedSession(sessions),
      expiresAt: epochSeconds<number>(refreshTokens.expiresAt),
      rotated: sql<boolean>`${refreshTokens.rotatedAt} is not null`,
      isAlive: sql<boolean>`${isAlive()}`,
    })
    .from(refreshTokens)
    .innerJoin(sessions, eq(sessions.id, refreshTokens.sessionId))
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(refreshTokens.hash, p.hash), sql`${refreshTokens.expiresAt} > ${now}`, runs)),
)

const FIND_STANDING = statement((p: Placeholders<SessionRef & Freshness>) =>
  db
    .select({ id: sessions.id, isFresh: isFresh(p) })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(asks(p)),
)

/** Sessions in PostgreSQL. */
export function createSessions(
  database: Database,
  rules: { accessTokenTtlSeconds: number },
): Sessions {
  const { query } = database
  const LIST = listStatement(rules.accessTokenTtlSeconds)
  /** Gives the row that was asked for, after a last check that it is this session's. */
  const own = <Row extends { id: string }>(row: Row | null, { sessionId }: SessionRef) => {
    if (row !== null) requireOwn(database, row.id, sessionId)
    return row
  }
  const finds =
    (lookup: Statement<SessionRef, { id: string }>) =>
    async ({ userId, sessionId }: SessionRef) =>
      own(await lookup.one(query, { userId, sessionId }), { userId, sessionId }) !== null
  const isAlive = finds(IS_ALIVE)
  return {
    isAlive,
    isRunning: finds(IS_RUNNING),
    isInCookies: finds(IS_IN_COOKIES),
    async standing(session, reauthSeconds) {
      const { userId, sessionId } = session
      const row = own(await FIND_STANDING.one(query, { userId, sessionId, reauthSeconds }), session)
      return row === null ? 'over' : row.isFresh ? 'fresh' : 'stale'
    },
    async list(caller) {
      const { userId, sessionId } = caller
      const rows = await LIST.all(query, { userId, sessionId })
      const found = rows.map(({ userId, ...session }): StoredSession => {
        requireOwn(database, userId, caller.userId)
        return session
      })
      const isKnown = found.some((session) => session.id === caller.sessionId)
      return isKnown || (await isAlive(caller)) ? found : null
    },
    async end({ userId, sessionId, asker }, reason) {
      const asked = askedBy(asker)
      const row = await END.one(query, { userId, sessionId, reason, asked })
      return own(row, { userId, sessionId }) !== null
    },
    endByUser: endByUser(database),
    async rolesOf(session) {
      const { userId, sessionId } = session
      return own(await FIND_ROLES.one(query, { userId, sessionId }), session)?.roles ?? null
    },
    async findByRefreshToken(hash) {
      const row = await FIND_BY_REFRESH_TOKEN.one(query, { hash })
      if (row === null || !row.hash.equals(hash)) return null
      const { hash: _, ...session } = row
      return session
    },
  }
}
