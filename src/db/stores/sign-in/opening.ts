import { type SQLWrapper, sql } from 'drizzle-orm'
import type { NewSession } from '../../../core/identity/sign-ins.ts'
import { type Columns, now, seconds } from '../../expressions.ts'
import { loginCodes, refreshTokens, sessions } from '../../schema.ts'
import { db, insertFrom, type Placeholders } from '../../statement.ts'

/** The parameters of a session that a sign-in opens. */
export interface OpeningValues
  extends Omit<NewSession, 'id' | 'ttlSeconds' | 'refreshToken' | 'code'> {
  sessionId: string
  sessionTtl: number
  requestId: string | null
  /** Null where the session begins with a code. */
  tokenHash: Buffer | null
  tokenTtl: number
  codeHash: Buffer | null
  redirectUri: string | null
  codeChallenge: string | null
  nonce: string | null
  codeTtl: number
}

/**
 * The parts of a sign-in that open a session, with its refresh token or code, for the rows of
 * `opened`.
 */
export function openingParts(
  p: Placeholders<OpeningValues>,
  opened: SQLWrapper &
    Columns<'userId' | 'provider' | 'issuer' | 'subject'> & {
      newUserReason: SQLWrapper
    },
) {
  const session = db.$with('session', {}).as(
    insertFrom(
      sessions,
      {
        id: p.sessionId,
        userId: opened.userId,
        clientId: p.clientId,
        provider: opened.provider,
        issuer: opened.issuer,
        subject: opened.subject,
        scope: p.scope,
        resource: p.resource,
        cookieMode: p.cookieMode,
        authTime: sql`to_timestamp(${p.authTime}::float8)`,
        silent: p.silent,
        userAgent: p.userAgent,
        address: p.address,
        requestId: p.requestId,
        newUserReason: opened.newUserReason,
        expiresAt: sql`${now} + ${seconds(p.sessionTtl)}`,
        redeemedAt: sql`case when ${p.codeHash}::bytea is null then ${now} end`,
      },
      sql`from ${opened}`,
    ),
  )
  const token = db.$with('token', {}).as(
    insertFrom(
      refreshTokens,
      {
        hash: p.tokenHash,
        sessionId: sql`${p.sessionId}::uuid`,
        expiresAt: sql`${now} + ${seconds(p.tokenTtl)}`,
      },
      sql`from ${opened} where ${p.tokenHash}::bytea is not null`,
    ),
  )
  const code = db.$with('code', {}).as(
    insertFrom(
      loginCodes,
      {
        hash: p.codeHash,
        sessionId: sql`${p.sessionId}::uuid`,
        redirectUri: p.redirectUri,
        codeChallenge: p.codeChallenge,
        nonce: p.nonce,
        expiresAt: sql`${now} + ${seconds(p.codeTtl)}`,
      },
      sql`from ${opened} where ${p.codeHash}::bytea is not null`,
    ),
  )
  return [session, token, code] as const
}
