import { and, exists, type Placeholder, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { IdentityKey } from '../../../core/identity/identity-key.ts'
import type { Profile } from '../../../core/identity/profile.ts'
import type { SealedTokens } from '../../../core/provider/provider-tokens.ts'
import { ANYTHING, now } from '../../expressions.ts'
import { identities } from '../../schema.ts'
import { db, nameOf, type Placeholders } from '../../statement.ts'
import { isSameIdentity } from '../same-identity.ts'

/** An identity, what its provider says of it, and what it gave; parts of many statements. */
export interface IdentityValues extends IdentityKey, Omit<Profile, 'subject' | 'formerSubject'> {
  access: string | null
  refreshToken: string | null
}

/** These values as they are stored. */
export const valuesOf = (
  { provider, issuer, subject }: IdentityKey,
  { email, emailVerified, name, picture, locale }: Profile,
  tokens: SealedTokens | null,
): IdentityValues => ({
  provider,
  issuer,
  subject,
  email,
  emailVerified,
  name,
  picture,
  locale,
  access: tokens?.access ?? null,
  refreshToken: tokens?.refreshToken ?? null,
})

/** Whether it is this identity. */
export const isIdentity = (p: Placeholders<IdentityKey>): SQL | undefined =>
  isSameIdentity(identities, p)

/** The columns that are its key, as a list. */
export const IDENTITY_KEY: SQL = sql.join(
  [identities.provider, identities.issuer, identities.subject].map(nameOf),
  sql`, `,
)

const other = alias(identities, 'other')

/** Whether the user has an address from one of the identities. */
const hasEmail = (userId: SQLWrapper) =>
  exists(
    db
      .select(ANYTHING)
      .from(other)
      .where(and(sql`${other.userId} = ${userId}`, other.givesEmail)),
  )

/** Whether an identity with this address is where the user's address comes from. */
const givesEmail = (p: Placeholders<IdentityValues>, userId: SQLWrapper) =>
  sql`${p.email}::text is not null and not ${hasEmail(userId)}`

/** What stands for a claimed address; two addresses that share it only cost a second look. */
export const addressClaim = (email: Placeholder | SQL): SQL =>
  sql`hashtextextended(${email}::text, 0)`

/** An identity that is stored for the first time. */
export const firstFacts = (
  p: Placeholders<IdentityValues>,
  whose: Record<'userId' | 'linkedBy' | 'linkReason', SQLWrapper> & { addressClaim?: SQLWrapper },
) => ({
  provider: p.provider,
  issuer: p.issuer,
  subject: p.subject,
  email: p.email,
  emailVerified: sql`coalesce(${p.emailVerified}::boolean, false)`,
  givesEmail: givesEmail(p, whose.userId),
  name: p.name,
  picture: p.picture,
  locale: p.locale,
  sealedAccessToken: p.access,
  sealedRefreshToken: p.refreshToken,
  ...whose,
})

/**
 * What changes of an identity that is there: what the provider says now. What it no longer says is
 * kept, never blanked, but an address counts as verified only while it says so.
 */
export const newFacts = (p: Placeholders<IdentityValues>) => ({
  email: sql`coalesce(${p.email}, ${identities.email})`,
  emailVerified: sql`case
    when ${p.emailVerified}::boolean is not null then ${p.emailVerified}
    else ${identities.emailVerified} and coalesce(${identities.email} = ${p.email}, true) end`,
  givesEmail: sql`${identities.givesEmail} or (${givesEmail(p, identities.userId)})`,
  name: sql`coalesce(${p.name}, ${identities.name})`,
  picture: sql`coalesce(${p.picture}, ${identities.picture})`,
  locale: sql`coalesce(${p.locale}, ${identities.locale})`,
  lastLoginAt: now,
  goneAt: sql`null`,
  sealedAccessToken: sql`coalesce(${p.access}, ${identities.sealedAccessToken})`,
  sealedRefreshToken: sql`coalesce(${p.refreshToken}, ${identities.sealedRefreshToken})`,
})

/** `set …` of these, as what follows in `insertFrom`. */
export const updating = (facts: ReturnType<typeof newFacts>): SQL => {
  const set = Object.entries(facts).map(
    ([name, value]) => sql`${nameOf(identities[name as keyof typeof facts])} = ${value}`,
  )
  return sql`set ${sql.join(set, sql`, `)}`
}
