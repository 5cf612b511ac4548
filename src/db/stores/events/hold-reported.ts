import { and, inArray, type SQL, sql } from 'drizzle-orm'
import { alias, type PgColumn } from 'drizzle-orm/pg-core'
import type { IdentityKey } from '../../../core/identity/identity-key.ts'
import type { Database, RunStatement } from '../../client.ts'
import { identities, users } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'
import { requireSame } from '../require-own.ts'

/**
 * An identity that a provider's event is about, and whether the operator has left its user enabled.
 */
export interface ReportedIdentity extends IdentityKey {
  userId: string
  isEnabled: boolean
}

/** The identity that an event names, or the beginning of several. */
export interface Reported {
  provider: string
  subject: string
  isPrefix: boolean
}

/** Whether a row is one of these identities. */
export const isReported = (
  p: Placeholders<Reported>,
  i: Record<'provider' | 'subject', PgColumn>,
): SQL<boolean> =>
  sql<boolean>`${i.provider} = ${p.provider} and
    case when ${p.isPrefix}::boolean then starts_with(${i.subject}, ${p.subject})
      else ${i.subject} = ${p.subject} end`

const reported = alias(identities, 'reported')

/** All identities that the events of one message name, by subject or by the beginning of one. */
interface AllTold {
  provider: string
  subjects: readonly string[]
  prefixes: readonly string[]
}

/**
 * Locks all their users at once, so that later statements see what others have just done. Event by
 * event they would be locked in another order than by a message that names all of them with a
 * prefix.
 */
const HOLD_USERS = statement((p: Placeholders<AllTold>) => {
  const begins = sql`exists (select from unnest(${p.prefixes}::text[]) as prefix
    where starts_with(${reported.subject}, prefix))`
  const isAmong = sql`${reported.provider} = ${p.provider} and (${reported.subject} = any(${p.subjects}::text[])
    or cardinality(${p.prefixes}::text[]) > 0 and ${begins})`
  return db
    .select({ id: users.id, disabled: sql<boolean>`${users.disabledAt} is not null` })
    .from(users)
    .where(inArray(users.id, db.select({ userId: reported.userId }).from(reported).where(isAmong)))
    .orderBy(users.id)
    .for('update')
})

/** Then locks all identities of the users whom one event is about. */
const HOLD = statement((p: Placeholders<Reported & { ids: readonly string[] }>) =>
  db
    .select({
      issuer: identities.issuer,
      subject: identities.subject,
      userId: identities.userId,
      isReported: isReported(p, identities),
    })
    .from(identities)
    .where(
      and(
        sql`${identities.userId} = any(${p.ids}::uuid[])`,
        inArray(
          identities.userId,
          db.select({ userId: reported.userId }).from(reported).where(isReported(p, reported)),
        ),
      ),
    )
    .orderBy(identities.provider, identities.issuer, identities.subject)
    .for('update'),
)

/** The users that are locked. */
type Owners = Awaited<ReturnType<typeof HOLD_USERS.all>>

/** Locks the users whom any of these events is about. */
export const holdUsers = (
  run: RunStatement,
  provider: string,
  all: readonly Omit<Reported, 'provider'>[],
): Promise<Owners> => {
  const namesOf = (isPrefix: boolean) =>
    all.filter((one) => one.isPrefix === isPrefix).map(({ subject }) => subject)
  return HOLD_USERS.all(run, { provider, subjects: namesOf(false), prefixes: namesOf(true) })
}

/** Locks what belongs to the users whom one event is about; gives the identities that it names. */
export async function holdReported(
  database: Pick<Database, 'distrust'>,
  run: RunStatement,
  about: Reported,
  owners: Owners,
): Promise<ReportedIdentity[]> {
  const ids = owners.map(({ id }) => id)
  const all = ids.length === 0 ? [] : await HOLD.all(run, { ...about, ids })
  const held = all.filter((one) => one.isReported)
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
