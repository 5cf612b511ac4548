import { and, asc, eq, lte, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { DueRevocation, Revocations } from '../../core/provider-token-stores.ts'
import type { SealedTokens } from '../../core/provider-tokens.ts'
import type { Database } from '../client.ts'
import { revocations } from '../schema.ts'
import { db, insertFrom, type Placeholders, seconds, statement } from '../statement.ts'
import type { Columns } from './account-json.ts'

type Leaving = SQLWrapper &
  Columns<'provider' | 'issuer' | 'subject' | 'sealedAccessToken' | 'sealedRefreshToken'>

/**
 * Part of a statement that takes identities away: writes what is kept of their grants into the outbox.
 * `left` gives their rows, `revocable` the providers at which there is something to revoke.
 */
export const leaveRevocations = (left: Leaving, revocable: SQLWrapper): SQL =>
  insertFrom(
    revocations,
    {
      provider: left.provider,
      issuer: left.issuer,
      subject: left.subject,
      sealedAccessToken: left.sealedAccessToken,
      sealedRefreshToken: left.sealedRefreshToken,
    },
    sql`from ${left}
      where coalesce(${left.sealedAccessToken}, ${left.sealedRefreshToken}) is not null
        and ${left.provider} = any(${revocable}::text[])`,
  )

type Limits = { limit: number; leaseSeconds: number; except: readonly string[] }

const CLAIM = statement((p: Placeholders<Limits>) => {
  const due = db.$with('due').as(
    db
      .select({ id: revocations.id })
      .from(revocations)
      .where(
        and(
          lte(revocations.nextAttemptAt, sql`now()`),
          sql`${revocations.provider} <> all(${p.except}::text[])`,
        ),
      )
      .orderBy(asc(revocations.nextAttemptAt))
      .limit(p.limit)
      .for('update', { skipLocked: true }),
  )
  return db
    .with(due)
    .update(revocations)
    .set({
      attempts: sql`${revocations.attempts} + 1`,
      nextAttemptAt: sql`now() + ${seconds(p.leaseSeconds)}`,
    })
    .from(due)
    .where(eq(revocations.id, due.id))
    .returning({
      id: sql<string>`${revocations.id}`,
      provider: revocations.provider,
      issuer: revocations.issuer,
      subject: revocations.subject,
      access: revocations.sealedAccessToken,
      refreshToken: revocations.sealedRefreshToken,
      attempts: revocations.attempts,
      ageSeconds: sql<number>`floor(extract(epoch from now() - ${revocations.createdAt}))::int`,
    })
})

type Claim = { id: string; attempts: number }

/** A claim is still ours while nobody has claimed it since. */
const isClaimed = (p: Placeholders<Claim>) =>
  and(sql`${revocations.id} = ${p.id}`, eq(revocations.attempts, p.attempts))

const REPLACE = statement((p: Placeholders<Claim & SealedTokens>) =>
  db
    .update(revocations)
    .set({
      sealedAccessToken: sql`${p.access}`,
      sealedRefreshToken: sql`${p.refreshToken}`,
    })
    .where(isClaimed(p)),
)

const POSTPONE = statement((p: Placeholders<Claim & { delay: number }>) =>
  db
    .update(revocations)
    .set({ nextAttemptAt: sql`now() + ${seconds(p.delay)}` })
    .where(isClaimed(p)),
)

const REMOVE = statement((p: Placeholders<Claim>) => db.delete(revocations).where(isClaimed(p)))

/** The outbox in PostgreSQL; one column is both the next attempt and the end of a lease. */
export function createRevocations(database: Database): Revocations {
  const { query } = database
  return {
    claim: async (limits) =>
      (await CLAIM.all(query, limits)).map(
        ({ access, refreshToken, ...due }): DueRevocation => ({
          ...due,
          sealed: { access, refreshToken },
        }),
      ),
    async replaceTokens({ id, attempts }, sealed) {
      await REPLACE.all(query, { id, attempts, ...sealed })
    },
    async postpone({ id, attempts }, delay) {
      await POSTPONE.all(query, { id, attempts, delay })
    },
    async remove({ id, attempts }) {
      await REMOVE.all(query, { id, attempts })
    },
  }
}
