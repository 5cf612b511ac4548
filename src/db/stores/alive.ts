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
 * Whether somebody can still use a living session: it can be renewed, or its last access token,
 * which may live longer, has not expired. That one was issued at its last use, or in an answer that
 * was repeated soon after.
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

/**
 * The condition for the session that asks, if it is alive. It needs `sessions` joined with `users`,
 * or aliases.
 */
export const asks = (p: Placeholders<SessionRef>): SQL | undefined =>
  and(eq(sessions.id, p.sessionId), eq(sessions.userId, p.userId), isAlive())

/**
 * Whether the session's sign-in is recent enough: when it began, or the time that the provider
 * signed, but none after the session's begin: the provider's clock may be ahead. A silent one
 * (`prompt=none`) is no sign-in.
 */
export const isFresh = (
  p: Placeholders<Freshness>,
  s: Record<'silent' | 'authTime' | 'createdAt', PgColumn> = sessions,
): SQL<boolean> => sql<boolean>`(
  ${p.reauthSeconds}::int is null
  or (not ${s.silent}
    and least(${s.authTime}, ${s.createdAt}) > now() - ${seconds(p.reauthSeconds)})
)`
