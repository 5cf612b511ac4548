import { and, eq, lte, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import { GRACE_SECONDS } from '../../../core/tokens/refresh-repeat.ts'
import type { PresentedRefreshToken, TokenStore } from '../../../core/tokens/token-store.ts'
import type { Database } from '../../client.ts'
import { now, seconds } from '../../expressions.ts'
import { inTime } from '../../in-time.ts'
import { refreshTokens, sessions, users } from '../../schema.ts'
import { db, insertFrom, type Placeholders, returning, statement } from '../../statement.ts'
import { requireOwn } from '../require-own.ts'
import { goesOnFor, grantedSession, isUnlisted, isWider } from './granted-session.ts'
import { repeatToken } from './repeated-token.ts'

/**
 * How many of a session's newest refresh tokens are kept, beside those that may still be repeated.
 * An older one is recognized by its mark.
 */
const KEPT = 3

const u = alias(users, 'u')
const s = alias(sessions, 's')
const r = alias(refreshTokens, 'r')

interface Rotating extends Omit<PresentedRefreshToken, 'sessionId' | 'asker'> {
  next: Buffer
  ttl: number
}

/**
 * User, session and token are locked in this order, as everywhere. A second request finds the token
 * rotated, and a session that ended or whose user was disabled meanwhile is over: all values are
 * read after the locks.
 */
const ROTATE = statement((p: Placeholders<Rotating>) => {
  const shown = db.$with('shown').as(
    db
      .select({
        hash: r.hash,
        generation: r.generation,
        ...grantedSession(s),
        reused: sql<boolean>`${r.rotatedAt} is not null`.as('reused'),
        fresh: sql<boolean>`${r.expiresAt} > ${now}`.as('fresh'),
        fits: sql<boolean>`${goesOnFor(s, p, u)}`.as('fits'),
        wider: isWider(s, p).as('wider'),
        unlisted: isUnlisted(s, p).as('unlisted'),
      })
      .from(r)
      .innerJoin(s, eq(s.id, r.sessionId))
      .innerJoin(u, eq(u.id, s.userId))
      .where(and(eq(r.hash, p.hash), inTime))
      .for('no key update', { of: [u, s, r] }),
  )
  const rotated = db.$with('rotated').as(
    db
      .update(refreshTokens)
      .set({ rotatedAt: now })
      .from(shown)
      .where(
        and(
          eq(refreshTokens.hash, shown.hash),
          sql`not ${shown.reused}`,
          shown.fresh,
          shown.fits,
          sql`not ${shown.wider}`,
          sql`not ${shown.unlisted}`,
        ),
      )
      .returning({ sessionId: refreshTokens.sessionId, generation: refreshTokens.generation }),
  )
  const used = db
    .$with('used')
    .as(
      db
        .update(sessions)
        .set({ lastUsedAt: now })
        .from(rotated)
        .where(eq(sessions.id, rotated.sessionId))
        .returning({ id: sessions.id, expiresAt: sessions.expiresAt }),
    )
  const successor = db.$with('successor', { sessionId: refreshTokens.sessionId }).as(
    insertFrom(
      refreshTokens,
      {
        hash: p.next,
        sessionId: rotated.sessionId,
        generation: sql`${rotated.generation} + 1`,
        expiresAt: sql`least(${now} + ${seconds(p.ttl)}, ${used.expiresAt})`,
      },
      sql`from ${rotated} join ${used} on ${used.id} = ${rotated.sessionId} ${returning({ sessionId: refreshTokens.sessionId })}`,
    ),
  )
  const forgotten = db.$with('forgotten').as(
    db
      .delete(refreshTokens)
      .where(
        and(
          eq(refreshTokens.sessionId, sql`(select ${rotated.sessionId} from ${rotated})`),
          lte(
            refreshTokens.generation,
            sql`(select ${rotated.generation} from ${rotated}) + 1 - ${sql.raw(String(KEPT))}`,
          ),
          sql`${refreshTokens.rotatedAt} < ${now} - ${sql.raw(`interval '${GRACE_SECONDS} seconds'`)}`,
        ),
      )
      .returning({ hash: refreshTokens.hash }),
  )
  return db
    .with(shown, rotated, used, successor, forgotten)
    .select({
      hash: shown.hash,
      id: shown.id,
      userId: shown.userId,
      clientId: shown.clientId,
      scope: shown.scope,
      resource: shown.resource,
      authTime: shown.authTime,
      rotated: sql<boolean>`exists (select from ${rotated})`,
      reused: shown.reused,
      fits: shown.fits,
      wider: shown.wider,
      unlisted: shown.unlisted,
    })
    .from(shown)
})

/** Rotates refresh tokens in PostgreSQL. */
export function rotateToken(database: Database): TokenStore['rotate'] {
  return async (presented, next) => {
    const { hash, clientId, fromCookie, scopes, resources, sessionId } = presented
    const [nextHash] = next.hashes
    const row =
      nextHash === undefined
        ? null
        : await ROTATE.one(database.query, {
            hash,
            clientId,
            fromCookie,
            scopes,
            resources,
            next: nextHash,
            ttl: next.ttlSeconds,
          })
    // The row is gone, but the mark in the token proves that we made it.
    if (row === null) {
      return sessionId === null
        ? { outcome: 'refused', reason: 'unknown' }
        : repeatToken(database, presented, next, sessionId)
    }
    const { hash: found, rotated, reused, fits, wider, unlisted, ...session } = row
    requireOwn(database, found.toString('hex'), hash.toString('hex'))
    if (rotated) return { outcome: 'rotated', session, place: 0 }
    if (!fits) return { outcome: 'refused', reason: 'session' }
    if (reused) return repeatToken(database, presented, next, session.id)
    if (wider) return { outcome: 'wider' }
    return unlisted ? { outcome: 'unlisted' } : { outcome: 'refused', reason: 'expired' }
  }
}
