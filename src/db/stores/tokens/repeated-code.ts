import { and, eq, isNotNull, isNull, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { PresentedCode, RedeemedCode } from '../../../core/tokens/token-store.ts'
import type { Database } from '../../client.ts'
import { loginCodes, refreshTokens, sessions, users } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'
import { isAlive } from '../alive.ts'
import { requireOwn } from '../require-own.ts'
import { grantedSession } from './granted-session.ts'

const s = alias(sessions, 's')
const c = alias(loginCodes, 'c')
const first = alias(refreshTokens, 'first')
const is = (condition: ReturnType<typeof and>) => sql<boolean>`coalesce(${condition}, false)`

/** A code that was redeemed already, with the facts to decide about it. */
const FIND = statement((p: Placeholders<PresentedCode>) =>
  db
    .select({
      hash: c.hash,
      nonce: c.nonce,
      ...grantedSession(s),
      token: first.hash,
      isOwn: is(eq(s.clientId, p.clientId)),
      isFresh: is(sql`${c.expiresAt} > now()`),
      isSameUri: is(eq(c.redirectUri, p.redirectUri)),
      isProven: is(sql`${c.codeChallenge} is not distinct from ${p.codeChallenge}::text`),
      isAlive: is(isAlive(s)),
      isBound: is(isNotNull(c.codeChallenge)),
      isTokenUnused: is(and(isNull(first.rotatedAt), sql`${first.expiresAt} > now()`)),
    })
    .from(c)
    .innerJoin(s, eq(s.id, c.sessionId))
    .innerJoin(users, eq(users.id, s.userId))
    .leftJoin(first, and(eq(first.sessionId, s.id), eq(first.generation, 1)))
    .where(eq(c.hash, p.hash)),
)

/**
 * Gives a redeemed code's result once more to a client with the same proof, as long as nobody has
 * used the session's first refresh token, which is one of `tokens`. Else gives which value is
 * wrong, for the log alone.
 */
export async function readRepeatedCode(
  database: Database,
  { hash, clientId, redirectUri, codeChallenge }: PresentedCode,
  tokens: readonly Buffer[],
): Promise<RedeemedCode | { refused: string }> {
  const row = await FIND.one(database.query, { hash, clientId, redirectUri, codeChallenge })
  if (row === null) return { refused: 'code_unknown' }
  requireOwn(database, row.hash.toString('hex'), hash.toString('hex'))
  if (!row.isOwn) return { refused: 'code_of_another_client' }
  if (!row.isFresh) return { refused: 'code_expired' }
  if (!row.isSameUri) return { refused: 'redirect_uri_wrong' }
  if (!row.isProven) return { refused: 'code_verifier_wrong' }
  if (!row.isAlive) return { refused: 'session_over' }
  if (!row.isBound) return { refused: 'code_used' }
  if (!row.isTokenUnused) return { refused: 'refresh_token_used' }
  const place = tokens.findIndex((one) => row.token?.equals(one))
  if (place === -1) return { refused: 'secret_gone' }
  const { nonce, id, userId, clientId: client, scope, resource, authTime } = row
  return { session: { id, userId, clientId: client, scope, resource, authTime }, nonce, place }
}
