import { and, eq, getTableColumns, notExists, type Placeholder, sql } from 'drizzle-orm'
import { type PgColumn, unionAll } from 'drizzle-orm/pg-core'
import type { CreateReason } from '../../../core/identity/linking.ts'
import { ANYTHING, lowerCase, now } from '../../expressions.ts'
import { inTime } from '../../in-time.ts'
import { identities, users } from '../../schema.ts'
import { db, insertFrom, type Placeholders, returning, statement } from '../../statement.ts'
import {
  accountJson,
  isVouchedFor,
  SHOWN,
  SHOWN_OF_USER,
  shownOf,
} from '../account/account-json.ts'
import { toldChanged } from '../events/say-who.ts'
import { isSameIdentity } from '../same-identity.ts'
import { isCrowded } from '../sessions/surplus.ts'
import {
  addressClaim,
  facts,
  firstFacts,
  type IdentityValues,
  isIdentity,
  newFacts,
} from './identity-values.ts'
import { type OpeningValues, openingParts } from './opening.ts'

/** The parameters of a sign-in. */
export interface SignInValues extends IdentityValues, OpeningValues {
  /** Whether a new user may be created, with this id and reason, if nobody has the address. */
  mayCreate: boolean
  newUserId: string
  reason: CreateReason
  /**
   * The lower-case address that nobody may have if a new user is created; null where it does not
   * matter.
   */
  unheld: string | null
  /** The lower-case address that is claimed for the new user; null where somebody has it. */
  claimed: string | null
}

type Key = Record<'userId' | 'provider' | 'issuer' | 'subject', PgColumn>

const keyOf = ({ userId, provider, issuer, subject }: Key) => ({
  userId,
  provider,
  issuer,
  subject,
})

const reason = (why: Placeholder | null) => sql<string | null>`${why}::text`.as('new_user_reason')

/**
 * A whole sign-in in one statement: updates the identity, or creates it with its user, if it is new
 * and that is allowed; opens the session; gives the account. It gives no row where a new user is
 * not allowed, or somebody has or has just claimed the address, and a row without any change where
 * the user is disabled. All parts of a statement see the tables as they were before it, so changed
 * values are taken from what the updates return.
 */
export const signInStatement = (rules: {
  trustedProviders: readonly string[]
  defaultRoles: readonly string[]
  sessionsPerUser: number
}) =>
  statement((p: Placeholders<SignInValues>) => {
    // Locks user and identity in this order and reads them as they are then: a user who was
    // disabled meanwhile stays out.
    const known = db.$with('known').as(
      db
        .select({
          ...getTableColumns(identities),
          isDisabled: sql<boolean>`${users.disabledAt} is not null`.as('is_disabled'),
        })
        .from(users)
        .innerJoin(identities, eq(identities.userId, users.id))
        .where(and(isIdentity(p), inTime))
        .for('no key update'),
    )
    const refreshed = db.$with('refreshed').as(
      db
        .update(identities)
        .set(newFacts(p))
        .from(known)
        .where(and(isSameIdentity(identities, known), sql`not ${known.isDisabled}`))
        .returning({
          ...SHOWN,
          changed: sql<boolean>`${facts(identities)} is distinct from ${facts(known)}`.as(
            'changed',
          ),
        }),
    )
    const holder = db
      .select(ANYTHING)
      .from(identities)
      .where(
        and(
          sql`${lowerCase(identities.email)} = ${p.unheld}`,
          isVouchedFor(identities, rules.trustedProviders),
        ),
      )
    const made = db.$with('made', SHOWN).as(
      insertFrom(
        identities,
        firstFacts(p, {
          userId: sql`${p.newUserId}::uuid`,
          linkedBy: sql`'created'`,
          linkReason: sql`${p.reason}`,
          addressClaim: addressClaim(p.claimed),
        }),
        sql`where ${inTime} and ${p.mayCreate}::boolean and not exists (select from ${known}) and ${notExists(holder)}
          on conflict do nothing ${returning(SHOWN)}`,
      ),
    )
    const person = db
      .$with('person', SHOWN_OF_USER)
      .as(
        insertFrom(
          users,
          { id: made.userId, roles: sql`${sql.param([...rules.defaultRoles])}::text[]` },
          sql`from ${made} ${returning(SHOWN_OF_USER)}`,
        ),
      )
    const touched = db.$with('touched').as(
      db
        .update(users)
        .set({ updatedAt: now })
        .from(refreshed)
        .where(and(eq(users.id, refreshed.userId), refreshed.changed))
        .returning(SHOWN_OF_USER),
    )
    const user = db.$with('the_user').as(
      unionAll(
        db.select().from(person),
        db.select().from(touched),
        db
          .select(SHOWN_OF_USER)
          .from(users)
          .innerJoin(known, eq(known.userId, users.id))
          .where(notExists(db.select(ANYTHING).from(touched))),
      ),
    )
    const others = db.$with('others').as(
      db
        .select(SHOWN)
        .from(identities)
        .innerJoin(known, eq(known.userId, identities.userId))
        .where(sql`not ${isSameIdentity(identities, known)}`),
    )
    const shown = db
      .$with('shown')
      .as(
        unionAll(
          db.select(shownOf(refreshed)).from(refreshed),
          db.select(shownOf(made)).from(made),
          db.select(shownOf(others)).from(others),
        ),
      )
    const opened = db
      .$with('opened')
      .as(
        unionAll(
          db.select({ ...keyOf(refreshed), newUserReason: reason(null) }).from(refreshed),
          db.select({ ...keyOf(made), newUserReason: reason(p.reason) }).from(made),
        ),
      )
    const [session, token, code] = openingParts(p, opened)
    return db
      .with(
        known,
        refreshed,
        made,
        person,
        touched,
        user,
        others,
        shown,
        opened,
        session,
        token,
        code,
      )
      .select({
        sessionId: sql<string>`${p.sessionId}::text`,
        isDisabled: sql<boolean>`exists (select from ${known} where ${known.isDisabled})`,
        isNew: sql<boolean>`exists (select from ${made})`,
        isCrowded: sql<boolean>`${p.tokenHash}::bytea is not null
          and ${isCrowded(sql`${user.id}`, rules.sessionsPerUser)}`,
        account: accountJson(rules.trustedProviders, shown, user),
        told: sql<string | null>`(select ${toldChanged(p, touched.id)} from ${touched})`,
      })
      .from(user)
  })
