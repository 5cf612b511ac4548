import { and, desc, eq, isNotNull, isNull, lt, or, type SQL, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { IdentityKey } from '../../../core/identity/identity-key.ts'
import type { SessionRef } from '../../../core/identity/session-ref.ts'
import type {
  ProviderTokenStore,
  StoredProviderTokens,
} from '../../../core/provider/provider-token-stores.ts'
import type { SealedTokens } from '../../../core/provider/provider-tokens.ts'
import type { Database } from '../../client.ts'
import { now, seconds } from '../../expressions.ts'
import { identities, outbox, sessions, users } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'
import { asks } from '../alive.ts'
import { requireOwn, requireSame } from '../require-own.ts'
import { isIdentity } from '../sign-in/identity-values.ts'

const KEPT = {
  provider: identities.provider,
  issuer: identities.issuer,
  subject: identities.subject,
  access: identities.sealedAccessToken,
  refreshToken: identities.sealedRefreshToken,
}

const isKept = (): SQL =>
  sql`coalesce(${identities.sealedAccessToken}, ${identities.sealedRefreshToken}) is not null`

/** If the user has several identities at the provider, the one that signed in last. */
const FIND = statement((p: Placeholders<SessionRef & { provider: string }>) => {
  const kept = db
    .select(KEPT)
    .from(identities)
    .where(and(eq(identities.userId, users.id), eq(identities.provider, p.provider), isKept()))
    .orderBy(desc(identities.lastLoginAt))
    .limit(1)
    .as('kept')
  return db
    .select({
      sessionId: sessions.id,
      provider: kept.provider,
      issuer: kept.issuer,
      subject: kept.subject,
      access: kept.access,
      refreshToken: kept.refreshToken,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .leftJoinLateral(kept, sql`true`)
    .where(asks(p))
})

/** Tokens as they were read. A change applies only if they are still the same. */
type Read = IdentityKey & SealedTokens

const isAsRead = (p: Placeholders<Read>) =>
  and(
    isIdentity(p),
    sql`(${identities.sealedAccessToken}, ${identities.sealedRefreshToken})
      is not distinct from (${p.access}::text, ${p.refreshToken}::text)`,
  )

const isFree = () => or(isNull(identities.grantLeasedUntil), lt(identities.grantLeasedUntil, now))

const { subject } = identities

const LEASE = statement((p: Placeholders<Read & { lease: number }>) =>
  db
    .update(identities)
    .set({ grantLeasedUntil: sql`now() + ${seconds(p.lease)}` })
    .where(and(isAsRead(p), isFree()))
    .returning({ subject }),
)

type Replacing = Read & { newAccess: string | null; newRefreshToken: string | null }

const newParts = (p: Placeholders<Replacing>) => ({
  sealedAccessToken: sql`${p.newAccess}`,
  sealedRefreshToken: sql`${p.newRefreshToken}`,
})

/**
 * If the user has left meanwhile, the tokens wait in the outbox: the newer ones are stored there,
 * to be revoked.
 */
const REPLACE = statement((p: Placeholders<Replacing>) => {
  const leftBehind = db.$with('left_behind').as(
    db
      .update(outbox)
      .set(newParts(p))
      .where(
        and(
          eq(outbox.kind, 'revocation'),
          eq(outbox.target, p.provider),
          eq(outbox.issuer, p.issuer),
          eq(outbox.subject, p.subject),
          sql`(${outbox.sealedAccessToken}, ${outbox.sealedRefreshToken})
            is not distinct from (${p.access}::text, ${p.refreshToken}::text)`,
        ),
      )
      .returning({ id: outbox.id }),
  )
  return db
    .with(leftBehind)
    .update(identities)
    .set({ ...newParts(p), grantLeasedUntil: null })
    .where(isAsRead(p))
    .returning({ subject })
})

const RELEASE = statement((p: Placeholders<Read>) =>
  db.update(identities).set({ grantLeasedUntil: null }).where(isAsRead(p)).returning({ subject }),
)

/** Continues after the last identity of the page before. */
const LIST = statement((p: Placeholders<IdentityKey & { limit: number }>) =>
  db
    .select(KEPT)
    .from(identities)
    .where(
      and(
        isKept(),
        sql`(${identities.provider}, ${identities.issuer}, ${identities.subject})
          > (${p.provider}, ${p.issuer}, ${p.subject})`,
      ),
    )
    .orderBy(identities.provider, identities.issuer, identities.subject)
    .limit(p.limit),
)

/** Tokens under a lease are skipped: the refresh finds its row by the values that it has read. */
const RESEAL = statement((p: Placeholders<Replacing>) =>
  db
    .update(identities)
    .set(newParts(p))
    .where(and(isAsRead(p), isFree()))
    .returning({ subject }),
)

const old = alias(identities, 'old')

const FORGET = statement((p: Placeholders<{ providers: readonly string[]; limit: number }>) => {
  const some = db
    .select({ provider: old.provider, issuer: old.issuer, subject: old.subject })
    .from(old)
    .where(
      and(
        sql`${old.provider} = any(${p.providers}::text[])`,
        or(isNotNull(old.sealedAccessToken), isNotNull(old.sealedRefreshToken)),
      ),
    )
    .limit(p.limit)
  return db
    .update(identities)
    .set({ sealedAccessToken: null, sealedRefreshToken: null, grantLeasedUntil: null })
    .where(sql`(${identities.provider}, ${identities.issuer}, ${identities.subject}) in (${some})`)
    .returning({ subject })
})

/** The providers' tokens in PostgreSQL. */
export function createProviderTokenStore(database: Database): ProviderTokenStore {
  const { query } = database
  const read = ({ provider, issuer, subject, sealed }: StoredProviderTokens) => ({
    provider,
    issuer,
    subject,
    ...sealed,
  })
  const replacing = (stored: StoredProviderTokens, { access, refreshToken }: SealedTokens) => ({
    ...read(stored),
    newAccess: access,
    newRefreshToken: refreshToken,
  })
  const toStored = ({ access, refreshToken, ...key }: Read): StoredProviderTokens => ({
    ...key,
    sealed: { access, refreshToken },
  })
  /** Checks that the row that was changed is the one that was asked for. */
  const isOf = ({ subject: asked }: IdentityKey, row: { subject: string } | null) => {
    if (row !== null) requireSame(database, row.subject, asked)
    return row !== null
  }
  return {
    async find({ userId, sessionId }, provider) {
      const row = await FIND.one(query, { userId, sessionId, provider })
      if (row === null) return { isAlive: false, stored: null }
      const { sessionId: found, ...read } = row
      requireOwn(database, found, sessionId)
      const stored = read.provider === null ? null : toStored(read as Read)
      return { isAlive: true, stored }
    },
    lease: async (stored, lease) =>
      isOf(stored, await LEASE.one(query, { ...read(stored), lease })),
    replace: async (stored, sealed) =>
      isOf(stored, await REPLACE.one(query, replacing(stored, sealed))),
    async release(stored) {
      await RELEASE.all(query, read(stored))
    },
    async list(after, limit) {
      const { provider = '', issuer = '', subject = '' } = after ?? {}
      return (await LIST.all(query, { provider, issuer, subject, limit })).map(toStored)
    },
    reseal: async (stored, sealed) =>
      isOf(stored, await RESEAL.one(query, replacing(stored, sealed))),
    forget: (providers, limit) => FORGET.count(query, { providers, limit }),
  }
}
