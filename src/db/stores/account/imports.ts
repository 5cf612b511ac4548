import { and, eq, exists, isNull, not, notExists, sql } from 'drizzle-orm'
import { ADMIN_CLI } from '../../../core/events/audit.ts'
import type { IdentityKey } from '../../../core/identity/identity-key.ts'
import {
  decideImport,
  type ImportedUser,
  type ImportFacts,
  type ImportOutcome,
  type ImportStore,
  importedId,
  withoutLost,
} from '../../../core/identity/import.ts'
import type { Database, RunStatement } from '../../client.ts'
import { auditEvents, identities, unlinkedIdentities, users } from '../../schema.ts'
import { db, insertFrom, type Placeholders, returning, statement } from '../../statement.ts'
import { sayWho } from '../events/audit.ts'

type Ids = Placeholders<{ ids: readonly string[] }>

const asked = sql`asked.id`
const one = { one: sql`1` }

const hasEvent = (type: string) =>
  exists(
    db
      .select(one)
      .from(auditEvents)
      .where(and(eq(auditEvents.userId, asked), eq(auditEvents.type, sql`${type}`))),
  )

const FIND_USERS = statement((p: Ids) => {
  const here = db.select(one).from(users).where(eq(users.id, asked))
  const enabled = db
    .select(one)
    .from(users)
    .where(and(eq(users.id, asked), isNull(users.disabledAt)))
  return db
    .select({
      id: sql<string>`${asked}::text`,
      isHere: sql<boolean>`${exists(here)}`,
      isDeleted: sql<boolean>`${and(notExists(here), hasEvent('user.deleted'))}`,
      mayBeDisabled: sql<boolean>`${and(exists(enabled), not(hasEvent('user.enabled')))}`,
    })
    .from(sql`unnest(${p.ids}::uuid[]) as asked (id)`)
})

const FIND_OWNERS = statement(
  (p: Placeholders<Record<'providers' | 'issuers' | 'subjects', readonly string[]>>) =>
    db
      .select({
        provider: identities.provider,
        issuer: identities.issuer,
        subject: identities.subject,
        userId: identities.userId,
      })
      .from(identities)
      .where(
        sql`(${identities.provider}, ${identities.issuer}, ${identities.subject}) in (select *
          from unnest(${p.providers}::text[], ${p.issuers}::text[], ${p.subjects}::text[]))`,
      ),
)

const FIND_PROVIDERS = statement((p: Ids) =>
  db
    .select({ userId: identities.userId, provider: identities.provider })
    .from(identities)
    .where(sql`${identities.userId} = any(${p.ids}::uuid[])`),
)

const FIND_UNLINKED = statement((p: Ids) =>
  db
    .select({
      userId: unlinkedIdentities.userId,
      provider: unlinkedIdentities.provider,
      issuer: unlinkedIdentities.issuer,
      subject: unlinkedIdentities.subject,
    })
    .from(unlinkedIdentities)
    .where(sql`${unlinkedIdentities.userId} = any(${p.ids}::uuid[])`),
)

const field = (name: string, type: string) => sql.raw(`(one.value ->> '${name}')::${type}`)

const KEY = {
  userId: identities.userId,
  provider: identities.provider,
  issuer: identities.issuer,
  subject: identities.subject,
}

/**
 * Identities, and the users of those of them that are new here, as rows of two lists. What somebody else
 * made meanwhile is no row of the result.
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
    const person = db.$with('person', {}).as(
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
        on conflict do nothing`,
      ),
    )
    return db.with(made, person).select().from(made)
  },
)

const DISABLE = statement((p: Ids) =>
  db
    .update(users)
    .set({ disabledAt: sql`now()`, updatedAt: sql`now()` })
    .where(and(sql`${users.id} = any(${p.ids}::uuid[])`, sql`${users.disabledAt} is null`))
    .returning({ id: users.id }),
)

const nameOf = ({ provider, issuer, subject }: IdentityKey) =>
  JSON.stringify([provider, issuer, subject])

/** One user, and what is decided. */
interface Plan {
  user: ImportedUser
  outcome: ImportOutcome
  isNew: boolean
}

/** The import in PostgreSQL. */
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
  const all = given.flatMap((user) => user.identities)
  const ids = [...new Set(given.flatMap((user) => user.ids))]
  const column = (name: keyof IdentityKey) => all.map((identity) => identity[name])
  const found = {
    users: await FIND_USERS.all(run, { ids }),
    owners: await FIND_OWNERS.all(run, {
      providers: column('provider'),
      issuers: column('issuer'),
      subjects: column('subject'),
    }),
    providers: await FIND_PROVIDERS.all(run, { ids }),
    unlinked: await FIND_UNLINKED.all(run, { ids }),
  }
  const here = new Map(found.users.map((user) => [user.id, user]))
  // What an earlier one of these users takes is that user's for the later ones.
  const owners = new Map(found.owners.map(({ userId, ...key }) => [nameOf(key), userId]))
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
    // An earlier one of these may have been the same, without an id of its own.
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
  const names = new Set(made.map(nameOf))
  for (const plan of plans) {
    plan.outcome = withoutLost(plan.outcome, (identity) => !names.has(nameOf(identity)))
  }
}
