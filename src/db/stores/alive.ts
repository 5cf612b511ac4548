import { and, eq, exists, isNull, or, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Freshness } from '../../core/identity/accounts.ts'
import type { SessionRef } from '../../core/identity/session-ref.ts'
import { CODE_SECONDS } from '../../core/identity/sign-ins.ts'
import { ANYTHING, seconds } from '../expressions.ts'
import { refreshTokens, sessions, users } from '../schema.ts'
import { db, type Placeholders } from '../statement.ts'

type SessionColumns = Record<'endedAt' | 'expiresAt', PgColumn>

/** Whether a session, joined with its user, may still be used. */
export const isAlive = (
  s: SessionColumns = sessions,
  u: { disabledAt: PgColumn } = users,
): SQL | undefined => and(isNull(s.endedAt), sql`${s.expiresAt} > now()`, isNull(u.disabledAt))

/**
 * Whether anybody can still be signed in by a living session: it can be renewed, or its last access token has not
 * expired, which may live longer. That one was given with its last use, or with an answer that was repeated soon after.
 */
export const isInUse = (accessTokenTtlSeconds: number): SQL | undefined =>
  or(
    exists(
      db
        .select(ANYTHING)
        .from(refreshTokens)
        .where(
          and(eq(refreshTokens.sessionId, sessions.id), sql`${refreshTokens.expiresAt} > now()`),
        ),
    ),
    sql`${sessions.lastUsedAt} + ${seconds(sql.raw(String(accessTokenTtlSeconds + CODE_SECONDS)))} > now()`,
  )

/** `sessions` joined with `users`, or an alias of these: the one that asks, where it is alive. */
export const asks = (p: Placeholders<SessionRef>): SQL | undefined =>
  and(eq(sessions.id, p.sessionId), eq(sessions.userId, p.userId), isAlive())

/**
 * Whether the session began by a sign-in that is recent enough: its begin, or what the provider signed.
 * One that was begun silently asked nobody.
 */
export const isFresh = (
  p: Placeholders<Freshness>,
  s: Record<'silent' | 'authTime' | 'createdAt', PgColumn> = sessions,
): SQL<boolean> => sql<boolean>`(
  ${p.reauthSeconds}::int is null
  or (not ${s.silent}
    and coalesce(${s.authTime}, ${s.createdAt}) > now() - ${seconds(p.reauthSeconds)})
)`
