import { and, eq, sql } from 'drizzle-orm'
import { unionAll } from 'drizzle-orm/pg-core'
import type { Account } from '../../../core/identity/account.ts'
import type { Identities } from '../../../core/identity/identities.ts'
import type { IdentityKey } from '../../../core/identity/identity-key.ts'
import type { Database } from '../../client.ts'
import { now } from '../../expressions.ts'
import { identities, unlinkedIdentities, users } from '../../schema.ts'
import { db, insertFrom, type Placeholders, returning, statement } from '../../statement.ts'
import { recordIn, sayWho, toldLinked } from '../events/audit.ts'
import { requireOwn } from '../require-own.ts'
import { isSameIdentity } from '../same-identity.ts'
import {
  facts,
  firstFacts,
  IDENTITY_KEY,
  type IdentityValues,
  isIdentity,
  newFacts,
  updating,
  valuesOf,
} from '../sign-in/identity-values.ts'
import { accountJson, SHOWN, SHOWN_OF_USER, shownOf } from './account-json.ts'
import { holdAsking } from './hold-asking.ts'

/**
 * Locked until the transaction ends, so that requests for an identity that nobody has yet link it
 * one after the other.
 */
const LOCK_IDENTITY = statement((p: Placeholders<IdentityKey>) =>
  db.select({ locked: sql<number>`1` }).from(
    sql`pg_advisory_xact_lock(hashtextextended(json_build_array(
        'latchkey identity', ${p.provider}::text, ${p.issuer}::text, ${p.subject}::text)::text, 0))`,
  ),
)

/** Who owns an identity, what is known of it, and whether it was used since. */
const HOLD_OWNER = statement((p: Placeholders<IdentityKey & { provenAt: string | null }>) =>
  db
    .select({
      userId: identities.userId,
      facts: sql<string>`${facts(identities)}::text`,
      isUsedSince: sql<boolean>`coalesce(${identities.lastLoginAt} >= ${p.provenAt}::timestamptz, false)`,
    })
    .from(identities)
    .where(isIdentity(p))
    .for('update'),
)

const FIND_OTHER = statement((p: Placeholders<IdentityKey & { userId: string }>) =>
  db
    .select({ subject: identities.subject })
    .from(identities)
    .where(
      and(
        eq(identities.userId, p.userId),
        eq(identities.provider, p.provider),
        sql`not (${isIdentity(p)})`,
      ),
    )
    .limit(1),
)

const { linkReason } = identities

/**
 * Gives no row if the identity belongs to another user by now. It also removes the mark of an
 * earlier unlinking.
 */
const linkStatement = (trustedProviders: readonly string[]) =>
  statement((p: Placeholders<IdentityValues & { userId: string }>) => {
    const isNew = sql<boolean>`xmax = 0`.as('is_new')
    const linked = db.$with('linked', { ...SHOWN, linkReason, isNew }).as(
      insertFrom(
        identities,
        firstFacts(p, {
          userId: sql`${p.userId}::uuid`,
          linkedBy: sql`'linked'`,
          linkReason: sql`'asked_by_the_user'`,
        }),
        sql`on conflict (${IDENTITY_KEY}) do update ${updating(newFacts(p))}
          where ${identities.userId} = ${p.userId}::uuid
          ${returning({ ...SHOWN, linkReason })}, xmax = 0 as is_new`,
      ),
    )
    const lifted = db.$with('lifted').as(
      db
        .delete(unlinkedIdentities)
        .where(and(eq(unlinkedIdentities.userId, p.userId), isSameIdentity(unlinkedIdentities, p)))
        .returning({ userId: unlinkedIdentities.userId }),
    )
    const person = db
      .$with('person')
      .as(
        db
          .update(users)
          .set({ updatedAt: now })
          .from(linked)
          .where(eq(users.id, linked.userId))
          .returning(SHOWN_OF_USER),
      )
    const others = db.$with('others').as(
      db
        .select(SHOWN)
        .from(identities)
        .where(and(eq(identities.userId, p.userId), sql`not (${isIdentity(p)})`)),
    )
    const shown = db
      .$with('shown')
      .as(
        unionAll(db.select(shownOf(linked)).from(linked), db.select(shownOf(others)).from(others)),
      )
    return db
      .with(linked, lifted, person, others, shown)
      .select({
        account: accountJson(trustedProviders, shown, person),
        facts: sql<string>`(select ${facts(linked)}::text from ${linked})`,
        told: sql<
          string | null
        >`(select ${toldLinked(linked)} from ${linked} where ${linked.isNew})`,
      })
      .from(person)
  })

const showStatement = (trustedProviders: readonly string[]) =>
  statement((p: Placeholders<{ userId: string }>) =>
    db
      .select({ account: accountJson(trustedProviders) })
      .from(users)
      .where(eq(users.id, p.userId)),
  )

const IN_USE = { outcome: 'identity_in_use' } as const

/** Links an identity to the user who asks for it. */
export function createLink(
  database: Database,
  trustedProviders: readonly string[],
): Identities['link'] {
  const LINK = linkStatement(trustedProviders)
  const SHOW = showStatement(trustedProviders)
  const own = (row: { account: string }, userId: string) => {
    const account = JSON.parse(row.account) as Account
    requireOwn(database, account.sub, userId)
    return account
  }
  return ({ userId, sessionId, asker }, { key, profile, tokens, provenAt }, reauthSeconds) =>
    database.transaction(async (run) => {
      await Promise.all([LOCK_IDENTITY.one(run, key), sayWho(run, asker)])
      const refused = await holdAsking(database, run, { userId, sessionId }, reauthSeconds)
      if (refused !== null) return { outcome: refused }
      const owner = await HOLD_OWNER.one(run, { ...key, provenAt: provenAt ?? null })
      if (owner !== null && owner.userId !== userId) return IN_USE
      if ((await FIND_OTHER.one(run, { ...key, userId })) !== null) {
        return { outcome: 'provider_in_use' }
      }
      const isRepeat = owner?.isUsedSince === true
      if (isRepeat) {
        const row = await SHOW.one(run, { userId })
        return row === null ? IN_USE : { outcome: 'unchanged', account: own(row, userId) }
      }
      const row = await LINK.one(run, { ...valuesOf(key, profile, tokens), userId })
      if (row === null) return IN_USE
      const account = own(row, userId)
      if (owner === null) return { outcome: 'linked', account }
      // As a sign-in tells it.
      if (row.facts !== owner.facts)
        await recordIn(run, { type: 'user.updated', userId, provider: key.provider })
      return { outcome: 'refreshed', account }
    })
}
