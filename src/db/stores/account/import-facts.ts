import { and, eq, exists, isNull, not, notExists, sql } from 'drizzle-orm'
import type { IdentityKey } from '../../../core/identity/identity-key.ts'
import type { RunStatement } from '../../client.ts'
import { ANYTHING } from '../../expressions.ts'
import { auditEvents, identities, unlinkedIdentities, users } from '../../schema.ts'
import { db, type Placeholders, statement } from '../../statement.ts'

type Ids = Placeholders<{ ids: readonly string[] }>

const asked = sql`asked.id`

const hasEvent = (type: string) =>
  exists(
    db
      .select(ANYTHING)
      .from(auditEvents)
      .where(and(eq(auditEvents.userId, asked), eq(auditEvents.type, sql`${type}`))),
  )

/** What exists here about users with these ids. */
export const FIND_USERS = statement((p: Ids) => {
  const here = db.select(ANYTHING).from(users).where(eq(users.id, asked))
  const enabled = db
    .select(ANYTHING)
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

/** The providers at which these users have an identity. */
export const FIND_PROVIDERS = statement((p: Ids) =>
  db
    .select({ userId: identities.userId, provider: identities.provider })
    .from(identities)
    .where(sql`${identities.userId} = any(${p.ids}::uuid[])`),
)

/** The identities that these users have unlinked. */
export const FIND_UNLINKED = statement((p: Ids) =>
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

/** An identity's key as one text. */
export const nameOf = ({ provider, issuer, subject }: IdentityKey) =>
  JSON.stringify([provider, issuer, subject])

/** The users who own these identities, by the key's text. */
export async function ownersOf(
  run: RunStatement,
  keys: readonly IdentityKey[],
): Promise<Map<string, string>> {
  const column = (name: keyof IdentityKey) => keys.map((key) => key[name])
  const found = await FIND_OWNERS.all(run, {
    providers: column('provider'),
    issuers: column('issuer'),
    subjects: column('subject'),
  })
  return new Map(found.map(({ userId, ...key }) => [nameOf(key), userId]))
}
