import { and, eq, exists, or, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { IdentityKey } from '../../../core/identity/identity-key.ts'
import { ANYTHING, lowerCase } from '../../expressions.ts'
import { identities, unlinkedIdentities, users } from '../../schema.ts'
import { db, insertFrom, type Placeholders, returning, statement } from '../../statement.ts'
import { isVouchedFor } from '../account/account-json.ts'
import { toldLinked } from '../events/audit.ts'
import { saysWho } from '../events/say-who.ts'
import { addressClaim, firstFacts, type IdentityValues } from './identity-values.ts'

/**
 * Locked until the transaction ends, so that users are looked up by this address one after the
 * other.
 */
export const LOCK_EMAIL = statement((p: Placeholders<{ email: string }>) =>
  db
    .select({ locked: sql<number>`1` })
    .from(sql`pg_advisory_xact_lock(hashtextextended('latchkey email ' || ${p.email}::text, 0))`),
)

/** Removes the claim to an address from an identity that no longer has it. */
export const FREE_CLAIM = statement((p: Placeholders<{ email: string }>) =>
  db
    .update(identities)
    .set({ addressClaim: null })
    .where(eq(identities.addressClaim, addressClaim(p.email)))
    .returning({ userId: identities.userId }),
)

/** The identity with this key, or with its former subject, if it belongs to this user. */
export const IS_OF = statement(
  (p: Placeholders<IdentityKey & { former: string; userId: string }>) =>
    db
      .select({ userId: identities.userId })
      .from(identities)
      .where(
        and(
          eq(identities.provider, p.provider),
          eq(identities.issuer, p.issuer),
          or(eq(identities.subject, p.subject), eq(identities.subject, p.former)),
          eq(identities.userId, p.userId),
        ),
      ),
)

/**
 * Locks the user until the transaction ends, so that nobody links or unlinks an identity meanwhile.
 */
export const HOLD_USER = statement((p: Placeholders<{ userId: string }>) =>
  db.select({ id: users.id }).from(users).where(eq(users.id, p.userId)).for('update'),
)

/**
 * The users with a verified address at a trusted provider. Two are as good as many, but a disabled
 * one must be among them. `former` is the subject that the provider used before.
 */
export const candidatesStatement = (trustedProviders: readonly string[]) =>
  statement((p: Placeholders<IdentityKey & { former: string; email: string }>) => {
    const i = alias(identities, 'i')
    const mine = alias(identities, 'mine')
    const holding = and(sql`${lowerCase(i.email)} = ${p.email}`, isVouchedFor(i, trustedProviders))
    const hasIdentity = db
      .select(ANYTHING)
      .from(mine)
      .where(and(eq(mine.userId, users.id), eq(mine.provider, p.provider)))
    const unlinked = unlinkedIdentities
    const hasUnlinked = db
      .select(ANYTHING)
      .from(unlinked)
      .where(
        and(
          eq(unlinked.userId, users.id),
          eq(unlinked.provider, p.provider),
          eq(unlinked.issuer, p.issuer),
          or(eq(unlinked.subject, p.subject), eq(unlinked.subject, p.former)),
        ),
      )
    return db
      .select({
        userId: users.id,
        email: sql<string>`${p.email}::text`,
        disabled: sql<boolean>`${sql`${users.disabledAt}`} is not null`,
        hasIdentityAtProvider: sql<boolean>`${exists(hasIdentity)}`,
        hasUnlinkedIt: sql<boolean>`${exists(hasUnlinked)}`,
      })
      .from(users)
      .where(sql`${users.id} = any(array(${db.select({ id: i.userId }).from(i).where(holding)}))`)
      .orderBy(sql`${users.disabledAt} nulls last`)
      .limit(2)
  })

/** Gives a new identity to a locked user. Does nothing if it belongs to somebody by now. */
export const JOIN_USER = statement(
  (p: Placeholders<IdentityValues & { userId: string; asked: string }>) => {
    const { userId, provider, linkReason } = identities
    const told = { userId, provider, linkReason }
    const joined = db.$with('joined', told).as(
      insertFrom(
        identities,
        firstFacts(p, {
          userId: sql`${p.userId}::uuid`,
          linkedBy: sql`'joined'`,
          linkReason: sql`'same_verified_email'`,
        }),
        sql`where ${saysWho(p)} on conflict do nothing ${returning(told)}`,
      ),
    )
    return db
      .with(joined)
      .select({ userId: joined.userId, told: toldLinked(joined) })
      .from(joined)
  },
)
