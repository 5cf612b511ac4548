import { and, eq, isNull, or, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { PresentedCode, TokenStore } from '../../../core/tokens/token-store.ts'
import type { Database } from '../../client.ts'
import { now, seconds } from '../../expressions.ts'
import { inTime } from '../../in-time.ts'
import { loginCodes, refreshTokens, sessions, users } from '../../schema.ts'
import { db, insertFrom, type Placeholders, returning, statement } from '../../statement.ts'
import { isAlive } from '../alive.ts'
import { askedBy, saysWho } from '../events/say-who.ts'
import { requireOwn } from '../require-own.ts'
import { endSurplus, isCrowded } from '../sessions/surplus.ts'
import { grantedSession } from './granted-session.ts'
import { readRepeatedCode } from './repeated-code.ts'

const u = alias(users, 'u')
const s = alias(sessions, 's')
const c = alias(loginCodes, 'c')

const fits = (p: Placeholders<PresentedCode>) =>
  sql<boolean>`${c.redirectUri} = ${p.redirectUri} and ${c.codeChallenge} is not distinct from ${p.codeChallenge}::text`

const ofClient = (p: Placeholders<PresentedCode>) =>
  and(eq(c.hash, p.hash), eq(s.clientId, p.clientId), sql`${c.expiresAt} > ${now}`)

/**
 * A single value instead of a join: a plan that was made while the tables were empty would read all
 * sessions for a join.
 */
const sessionOf = (p: Placeholders<PresentedCode>) =>
  sql`(${db.select({ id: loginCodes.sessionId }).from(loginCodes).where(eq(loginCodes.hash, p.hash))})`

/**
 * The first redemption of a code. User, session and code are locked in this order, as everywhere: a
 * second request waits here, and then finds the code redeemed, the session over, or the user
 * disabled.
 */
const REDEEM = statement(
  (
    p: Placeholders<
      PresentedCode & {
        sessionTtl: number
        tokenHash: Buffer
        tokenTtl: number
        sessionsPerUser: number
        asked: string
      }
    >,
  ) => {
    const shown = db.$with('shown').as(
      db
        .select({
          hash: c.hash,
          sessionId: c.sessionId,
          nonce: c.nonce,
          unused: sql<boolean>`${c.redeemedAt} is null`.as('unused'),
          bound: sql<boolean>`${c.codeChallenge} is not null`.as('bound'),
          fits: fits(p).as('fits'),
          alive: sql<boolean>`${isAlive(s, u)}`.as('alive'),
        })
        .from(c)
        .innerJoin(s, eq(s.id, c.sessionId))
        .innerJoin(u, eq(u.id, s.userId))
        .where(and(ofClient(p), eq(s.id, sessionOf(p)), inTime, saysWho(p)))
        .for('no key update', { of: [u, s, c] }),
    )
    const used = db.$with('used').as(
      db
        .update(loginCodes)
        .set({ redeemedAt: now })
        .from(shown)
        .where(and(eq(loginCodes.hash, shown.hash), shown.unused))
        .returning({ hash: loginCodes.hash }),
    )
    // One wrong guess ends the session. So does a repeat of a code without PKCE, which may be a
    // thief's (RFC 6749, section 4.1.2).
    const ended = db.$with('ended').as(
      db
        .update(sessions)
        .set({
          endedAt: now,
          endReason: sql`case when ${shown.unused} then 'code_misused' else 'code_reused' end`,
        })
        .from(shown)
        .where(
          and(
            eq(sessions.id, sql`(select ${shown.sessionId} from ${shown})`),
            isNull(sessions.endedAt),
            or(
              and(shown.unused, sql`not ${shown.fits}`),
              and(sql`not ${shown.unused}`, shown.fits, sql`not ${shown.bound}`),
            ),
          ),
        )
        .returning({ id: sessions.id }),
    )
    const opened = db.$with('opened').as(
      db
        .update(sessions)
        .set({
          expiresAt: sql`${sessions.createdAt} + ${seconds(p.sessionTtl)}`,
          lastUsedAt: now,
          redeemedAt: now,
        })
        .from(shown)
        .where(
          and(
            eq(sessions.id, sql`(select ${shown.sessionId} from ${shown})`),
            shown.unused,
            shown.fits,
            shown.alive,
          ),
        )
        .returning({ ...grantedSession(sessions), expiresAt: sessions.expiresAt }),
    )
    const token = db.$with('token', { sessionId: refreshTokens.sessionId }).as(
      insertFrom(
        refreshTokens,
        {
          hash: p.tokenHash,
          sessionId: opened.id,
          expiresAt: sql`least(${now} + ${seconds(p.tokenTtl)}, ${opened.expiresAt})`,
        },
        sql`from ${opened} ${returning({ sessionId: refreshTokens.sessionId })}`,
      ),
    )
    return db
      .with(shown, used, ended, opened, token)
      .select({
        code: shown.hash,
        nonce: shown.nonce,
        id: opened.id,
        userId: opened.userId,
        clientId: opened.clientId,
        scope: opened.scope,
        resource: opened.resource,
        authTime: opened.authTime,
        isCrowded: isCrowded(sql`${opened.userId}`, sql`${p.sessionsPerUser}`),
      })
      .from(opened)
      .innerJoin(shown, eq(shown.sessionId, opened.id))
  },
)

/** Redeems codes in PostgreSQL. */
export function redeemCode(database: Database): TokenStore['redeemCode'] {
  return async (presented, { hashes, ttlSeconds, sessionTtlSeconds, sessionsPerUser }) => {
    const { hash, clientId, redirectUri, codeChallenge, asker } = presented
    const [tokenHash] = hashes
    if (tokenHash === undefined) return { refused: 'secret_gone' }
    const opened = await REDEEM.one(database.query, {
      hash,
      clientId,
      redirectUri,
      codeChallenge,
      sessionTtl: sessionTtlSeconds,
      tokenHash,
      tokenTtl: ttlSeconds,
      sessionsPerUser,
      asked: askedBy(asker),
    })
    if (opened === null) {
      const proof = { hash, clientId, redirectUri, codeChallenge }
      return readRepeatedCode(database, proof, hashes)
    }
    const { code, nonce, isCrowded, ...session } = opened
    requireOwn(database, code.toString('hex'), hash.toString('hex'))
    if (isCrowded) {
      const { userId } = session
      await endSurplus(database, { userId, most: sessionsPerUser, asked: askedBy(asker) })
    }
    return { session, nonce, place: 0 }
  }
}
