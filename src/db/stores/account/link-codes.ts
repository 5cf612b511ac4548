import { and, eq, isNull, or, sql } from 'drizzle-orm'
import type { LinkCodes } from '../../../core/identity/identities.ts'
import { CODE_SECONDS } from '../../../core/identity/sign-ins.ts'
import type { PresentedCode } from '../../../core/tokens/token-store.ts'
import type { Database } from '../../client.ts'
import { isoTime, seconds } from '../../expressions.ts'
import { inTime } from '../../in-time.ts'
import { linkCodes } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'
import { isReported, type Reported } from '../events/hold-reported.ts'
import { requireSame } from '../require-own.ts'
import { type IdentityValues, valuesOf } from '../sign-in/identity-values.ts'
import { rekeyIdentity } from '../tokens/rekey.ts'

const KEEP = statement((p: Placeholders<IdentityValues & PresentedCode & { ttl: number }>) =>
  db.insert(linkCodes).values({
    hash: p.hash,
    clientId: p.clientId,
    redirectUri: p.redirectUri,
    codeChallenge: p.codeChallenge,
    provider: p.provider,
    issuer: p.issuer,
    subject: p.subject,
    email: p.email,
    emailVerified: p.emailVerified,
    name: p.name,
    picture: p.picture,
    locale: p.locale,
    sealedAccessToken: p.access,
    sealedRefreshToken: p.refreshToken,
    expiresAt: sql`now() + ${seconds(p.ttl)}`,
  }),
)

const fits = (p: Placeholders<PresentedCode>) =>
  and(
    eq(linkCodes.clientId, p.clientId),
    eq(linkCodes.redirectUri, p.redirectUri),
    sql`${linkCodes.codeChallenge} is not distinct from ${p.codeChallenge}::text`,
    sql`${linkCodes.expiresAt} > now()`,
  )

/** When somebody signed in with the identity that the code stands for. */
const provenAt = sql`(${linkCodes.expiresAt} - ${seconds(sql`${CODE_SECONDS}`)})`

/**
 * Deletes codes of accounts whose provider says that their grant has ended, if they are older than
 * that: they must link no more.
 */
export const FORGET_CODES_BEFORE = statement((p: Placeholders<Reported & { at: string }>) =>
  db
    .delete(linkCodes)
    .where(and(isReported(p, linkCodes), sql`${provenAt} < ${p.at}::timestamptz`))
    .returning({ hash: linkCodes.hash }),
)

/**
 * Redeems a code. With a PKCE challenge the same user may redeem it again, if the answer was lost.
 */
const TAKE = statement((p: Placeholders<PresentedCode & { userId: string }>) =>
  db
    .update(linkCodes)
    .set({ takenBy: sql`${p.userId}::uuid` })
    .where(
      and(
        eq(linkCodes.hash, p.hash),
        fits(p),
        inTime,
        or(
          isNull(linkCodes.takenBy),
          and(eq(linkCodes.takenBy, p.userId), sql`${linkCodes.codeChallenge} is not null`),
        ),
      ),
    )
    .returning({
      hash: linkCodes.hash,
      provider: linkCodes.provider,
      issuer: linkCodes.issuer,
      subject: linkCodes.subject,
      email: linkCodes.email,
      emailVerified: linkCodes.emailVerified,
      name: linkCodes.name,
      picture: linkCodes.picture,
      locale: linkCodes.locale,
      access: linkCodes.sealedAccessToken,
      refreshToken: linkCodes.sealedRefreshToken,
      provenAt: isoTime(provenAt),
    }),
)

/** One wrong guess makes a code useless that nobody has redeemed. */
const BURN = statement((p: Placeholders<PresentedCode>) =>
  db
    .delete(linkCodes)
    .where(and(eq(linkCodes.hash, p.hash), isNull(linkCodes.takenBy), sql`not (${fits(p)})`)),
)

/** Link codes in PostgreSQL. */
export function createLinkCodes(database: Database): LinkCodes {
  const { query } = database
  return {
    async keep({ key, profile, tokens }, { ttlSeconds, ...binding }) {
      await rekeyIdentity(database, key, profile.formerSubject)
      await KEEP.all(query, { ...valuesOf(key, profile, tokens), ...binding, ttl: ttlSeconds })
    },
    async take({ hash, clientId, redirectUri, codeChallenge }, userId) {
      const binding = { hash, clientId, redirectUri, codeChallenge }
      const row = await TAKE.one(query, { ...binding, userId })
      if (row === null) {
        await BURN.all(query, binding)
        return null
      }
      const { hash: found, provider, issuer, access, refreshToken, provenAt, ...profile } = row
      requireSame(database, found, hash)
      const tokens = access === null && refreshToken === null ? null : { access, refreshToken }
      return { key: { provider, issuer, subject: profile.subject }, profile, tokens, provenAt }
    },
  }
}
