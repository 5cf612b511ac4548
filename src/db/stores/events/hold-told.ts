import { and, inArray, type SQL, sql } from 'drizzle-orm'
import { alias, type PgColumn } from 'drizzle-orm/pg-core'
import type { IdentityKey } from '../../../core/identity/identity-key.ts'
import type { Database, RunStatement } from '../../client.ts'
import { identities, users } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'
import { requireSame } from '../require-own.ts'

/** An identity that a provider told something of, and whether its user is none whom the operator locked out. */
export interface ToldOf extends IdentityKey {
  userId: string
  isEnabled: boolean
}

/** Whom an event is about. */
export interface Told {
  provider: string
  subject: string
  isPrefix: boolean
}

/** Whether a row is of whom it is about. */
export const isTold = (
  p: Placeholders<Told>,
  i: Record<'provider' | 'subject', PgColumn>,
): SQL<boolean> =>
  sql<boolean>`${i.provider} = ${p.provider} and
    case when ${p.isPrefix}::boolean then starts_with(${i.subject}, ${p.subject})
      else ${i.subject} = ${p.subject} end`

const told = alias(identities, 'told')

/** Whom the events of one message are about: those of these names, and those whose names begin so. */
interface AllTold {
  provider: string
  subjects: readonly string[]
  prefixes: readonly string[]
}

/**
 * All of them, held: what is asked of them from now on sees what others have just done. One event after the other
 * would hold them in another order than who tells of all of them by a prefix at the same moment.
 */
const HOLD_USERS = statement((p: Placeholders<AllTold>) => {
  const begins = sql`exists (select from unnest(${p.prefixes}::text[]) as prefix
    where starts_with(${told.subject}, prefix))`
  const isAmong = sql`${told.provider} = ${p.provider} and (${told.subject} = any(${p.subjects}::text[])
    or cardinality(${p.prefixes}::text[]) > 0 and ${begins})`
  return db
    .select({ id: users.id, disabled: sql<boolean>`${users.disabledAt} is not null` })
    .from(users)
    .where(inArray(users.id, db.select({ userId: told.userId }).from(told).where(isAmong)))
    .orderBy(users.id)
    .for('update')
})

/** Then all identities of those whom one event is about, the one that is told of and others. */
const HOLD = statement((p: Placeholders<Told & { ids: readonly string[] }>) =>
  db
    .select({
      issuer: identities.issuer,
      subject: identities.subject,
      userId: identities.userId,
      isTold: isTold(p, identities),
    })
    .from(identities)
    .where(
      and(
        sql`${identities.userId} = any(${p.ids}::uuid[])`,
        inArray(
          identities.userId,
          db.select({ userId: told.userId }).from(told).where(isTold(p, told)),
        ),
      ),
    )
    .orderBy(identities.provider, identities.issuer, identities.subject)
    .for('update'),
)

/** Who is held. */
type Owners = Awaited<ReturnType<typeof HOLD_USERS.all>>

/** Holds whom any of these is about. */
export const holdUsers = (
  run: RunStatement,
  provider: string,
  all: readonly Omit<Told, 'provider'>[],
): Promise<Owners> => {
  const namesOf = (isPrefix: boolean) =>
    all.filter((one) => one.isPrefix === isPrefix).map(({ subject }) => subject)
  return HOLD_USERS.all(run, { provider, subjects: namesOf(false), prefixes: namesOf(true) })
}

/** Holds all that is theirs of whom one event is about, of those who are held; gives the identities that are meant. */
export async function holdTold(
  database: Pick<Database, 'distrust'>,
  run: RunStatement,
  about: Told,
  owners: Owners,
): Promise<ToldOf[]> {
  const ids = owners.map(({ id }) => id)
  const all = ids.length === 0 ? [] : await HOLD.all(run, { ...about, ids })
  const held = all.filter((one) => one.isTold)
  const { subject: asked, isPrefix } = about
  for (const one of held) {
    requireSame(database, isPrefix ? one.subject.slice(0, asked.length) : one.subject, asked)
  }
  const enabled = new Set(owners.filter((one) => !one.disabled).map((one) => one.id))
  const { provider } = about
  return held.map(({ issuer, subject, userId }) => ({
    provider,
    issuer,
    subject,
    userId,
    isEnabled: enabled.has(userId),
  }))
}
