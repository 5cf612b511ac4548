import { and, sql } from 'drizzle-orm'
import { unionAll } from 'drizzle-orm/pg-core'
import { ADMIN_CLI } from '../../../core/events/audit.ts'
import type { IdentityKey } from '../../../core/identity/identity-key.ts'
import {
  decideImport,
  type ImportedUser,
  type ImportFacts,
  type ImportOutcome,
  type ImportStore,
  importedId,
  withoutKnown,
  withoutLost,
} from '../../../core/identity/import.ts'
import type { Database, RunStatement } from '../../client.ts'
import { now } from '../../expressions.ts'
import { identities, users } from '../../schema.ts'
import { db, insertFrom, type Placeholders, returning, statement } from '../../statement.ts'
import { sayWho, toldLinked, toldMade } from '../events/audit.ts'
import { FIND_PROVIDERS, FIND_UNLINKED, FIND_USERS, nameOf, ownersOf } from './import-facts.ts'

const field = (name: string, type: string) => sql.raw(`(one.value ->> '${name}')::${type}`)

const KEY = {
  userId: identities.userId,
  provider: identities.provider,
  issuer: identities.issuer,
  subject: identities.subject,
  linkReason: identities.linkReason,
}

/**
 * Inserts identities, and those of their users that are new, from two lists of rows. An identity
 * that somebody else made meanwhile is no row of the result.
 */
const MAKE = statement(
  (p: Placeholders<{ identities: string; users: string; roles: readonly string[] }>) => {
    const made = db.$with('made', KEY).as(
      insertFrom(
        identities,
        {
          provider: field('provider', 'text'),
          issuer: field('issuer', 'text'),
          subject: field('subject', 'text'),
          userId: field('userId', 'uuid'),
          email: field('email', 'text'),
          emailVerified: sql`false`,
          givesEmail: field('givesEmail', 'boolean'),
          name: field('name', 'text'),
          picture: field('picture', 'text'),
          locale: field('locale', 'text'),
          linkedAt: sql`coalesce(${field('linkedAt', 'timestamptz')}, now())`,
          linkedBy: sql`'imported'`,
          linkReason: sql`'imported'`,
          lastLoginAt: sql`coalesce(${field('lastLoginAt', 'timestamptz')}, now())`,
        },
        sql`from json_array_elements(${p.identities}::text::json) as one
        on conflict do nothing ${returning(KEY)}`,
      ),
    )
    const person = db.$with('person', { id: users.id }).as(
      insertFrom(
        users,
        {
          id: field('id', 'uuid'),
          name: field('name', 'text'),
          picture: field('picture', 'text'),
          locale: field('locale', 'text'),
          roles: sql`${p.roles}::text[]`,
          createdAt: sql`coalesce(${field('createdAt', 'timestamptz')}, now())`,
          disabledAt: sql`case when ${field('isDisabled', 'boolean')} then now() end`,
        },
        sql`from json_array_elements(${p.users}::text::json) as one
        where ${field('id', 'uuid')} in (select ${made.userId} from ${made})
        on conflict do nothing ${returning({ id: users.id })}`,
      ),
    )
    // Read below, since PostgreSQL executes no `select` of a `with` that nothing reads.
    const told = db
      .$with('told')
      .as(
        unionAll(
          db.select({ event: toldMade(person.id).as('event') }).from(person),
          db.select({ event: toldLinked(made).as('event') }).from(made),
        ),
      )
    return db
      .with(made, person, told)
      .select()
      .from(made)
      .where(sql`(select count(${told.event}) from ${told}) is not null`)
  },
)

const DISABLE = statement((p: Placeholders<{ ids: readonly string[] }>) =>
  db
    .update(users)
    .set({ disabledAt: now, updatedAt: now })
    .where(and(sql`${users.id} = any(${p.ids}::uuid[])`, sql`${users.disabledAt} is null`))
    .returning({ id: users.id }),
)

/** One user to import, and what was decided. */
interface Plan {
  user: ImportedUser
  outcome: ImportOutcome
  isNew: boolean
}

/** Imports users into PostgreSQL. */
export function createImportStore(
  database: Database,
  { defaultRoles }: { defaultRoles: readonly string[] },
): ImportStore {
  return {
    take: (given, { isDryRun }) =>
      database.transaction(async (run) => {
        const plans = await planAll(run, given)
        if (!isDryRun) await carryOut(run, plans, defaultRoles)
        return plans.map(({ outcome }) => outcome)
      }),
  }
}

async function planAll(run: RunStatement, given: readonly ImportedUser[]): Promise<Plan[]> {
  const ids = [...new Set(given.flatMap((user) => user.ids))]
  const found = {
    users: await FIND_USERS.all(run, { ids }),
    providers: await FIND_PROVIDERS.all(run, { ids }),
    unlinked: await FIND_UNLINKED.all(run, { ids }),
  }
  // Read last: what another import made since is then known as this user's, not as somebody else's.
  // What an earlier user of this batch takes belongs to that user for the later ones.
  const owners = await ownersOf(
    run,
    given.flatMap((user) => user.identities),
  )
  const here = new Map(found.users.map((user) => [user.id, user]))
  const unlinked = new Set(found.unlinked.map((mark) => `${mark.userId} ${nameOf(mark)}`))
  const ownerOf = (identity: IdentityKey) => owners.get(nameOf(identity)) ?? null
  return given.map((user) => {
    const isFirstHere = here.get(user.ids[0])?.isHere === true
    const id = importedId(user, { isHere: isFirstHere, ownerOf })
    const { isHere = false, isDeleted = false, mayBeDisabled = false } = here.get(id) ?? {}
    const facts: ImportFacts = {
      isHere,
      isDeleted,
      ownerOf,
      providers: new Set(
        found.providers.filter(({ userId }) => userId === id).map(({ provider }) => provider),
      ),
      hasUnlinked: (identity) => unlinked.has(`${id} ${nameOf(identity)}`),
    }
    const { taken, refused } = decideImport(id, user, facts)
    // An earlier entry may be the same user, without an id of its own.
    const isKnown = isHere || user.identities.some((identity) => ownerOf(identity) === id)
    const state = isKnown ? 'known' : taken.length === 0 ? 'left_out' : 'new'
    for (const identity of taken) owners.set(nameOf(identity), id)
    const isDisabled = mayBeDisabled && user.isDisabled
    return {
      user,
      isNew: state === 'new',
      outcome: { id, state, taken, isDisabled, refused },
    }
  })
}

async function carryOut(run: RunStatement, plans: Plan[], roles: readonly string[]): Promise<void> {
  const rows = plans.flatMap(({ outcome: { id: userId, taken }, isNew }) =>
    taken.map((identity, place) => ({
      ...identity,
      userId,
      givesEmail: isNew && place === 0 && identity.email !== null,
    })),
  )
  const disabled = plans.flatMap(({ outcome }) => (outcome.isDisabled ? outcome.id : []))
  if (rows.length + disabled.length === 0) return
  await sayWho(run, { ...ADMIN_CLI, reason: 'imported' })
  if (disabled.length > 0) await DISABLE.all(run, { ids: disabled })
  if (rows.length === 0) return
  // In the order of their keys, as everybody locks them.
  rows.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  const made = await MAKE.all(run, {
    identities: JSON.stringify(rows),
    users: JSON.stringify(
      plans
        .filter(({ isNew }) => isNew)
        .map(({ user: { identities: _, ids: __, ...user }, outcome: { id } }) => ({ ...user, id })),
    ),
    roles,
  })
  if (made.length === rows.length) return
  // The others were made by somebody else meanwhile: another import of the same user, or a sign-in.
  const names = new Set(made.map(nameOf))
  const others = rows.filter((row) => !names.has(nameOf(row)))
  const owners = await ownersOf(run, others)
  const isOther = (identity: IdentityKey) => !names.has(nameOf(identity))
  for (const plan of plans) {
    const { id } = plan.outcome
    const isKnown = (identity: IdentityKey) =>
      isOther(identity) && owners.get(nameOf(identity)) === id
    plan.outcome = withoutLost(withoutKnown(plan.outcome, isKnown), isOther)
  }
}
