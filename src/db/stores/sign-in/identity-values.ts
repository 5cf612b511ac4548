import { and, exists, type Placeholder, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { IdentityKey } from '../../../core/identity/identity-key.ts'
import type { Profile } from '../../../core/identity/profile.ts'
import type { SealedTokens } from '../../../core/provider/provider-tokens.ts'
import { ANYTHING, type Columns, now } from '../../expressions.ts'
import { identities } from '../../schema.ts'
import { db, nameOf, type Placeholders } from '../../statement.ts'
import { isSameIdentity } from '../same-identity.ts'

/** The parameters of an identity, its profile and its tokens, which many statements share. */
export interface IdentityValues extends IdentityKey, Omit<Profile, 'subject' | 'formerSubject'> {
  access: string | null
  refreshToken: string | null
}

/** The values of these parameters. */
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

/** Whether a row is this identity. */
export const isIdentity = (p: Placeholders<IdentityKey>): SQL | undefined =>
  isSameIdentity(identities, p)

/** The columns of an identity's key, as a list. */
export const IDENTITY_KEY: SQL = sql.join(
  [identities.provider, identities.issuer, identities.subject].map(nameOf),
  sql`, `,
)

const other = alias(identities, 'other')

/** Whether one of the user's identities already gives the user's address. */
const hasEmail = (userId: SQLWrapper) =>
  exists(
    db
      .select(ANYTHING)
      .from(other)
      .where(and(sql`${other.userId} = ${userId}`, other.givesEmail)),
  )

/** Whether an identity with this address becomes the source of the user's address. */
const givesEmail = (p: Placeholders<IdentityValues>, userId: SQLWrapper) =>
  sql`${p.email}::text is not null and not ${hasEmail(userId)}`

/**
 * A hash that stands for a claimed address. Two addresses with the same hash only cost a second
 * look-up.
 */
export const addressClaim = (email: Placeholder | SQL): SQL =>
  sql`hashtextextended(${email}::text, 0)`

/** The values of a new identity. */
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
 * The new values of a known identity: what the provider says now. A value that it no longer gives
 * is kept, but an address counts as verified only while the provider says so.
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

/** The values of an identity that a login or a link may change. */
export const facts = (i: Columns<'email' | 'emailVerified' | 'name' | 'picture' | 'locale'>): SQL =>
  sql`(${i.email}, ${i.emailVerified}, ${i.name}, ${i.picture}, ${i.locale})`

/** `set …` for these values, as the `rest` of `insertFrom`. */
export const updating = (facts: ReturnType<typeof newFacts>): SQL => {
  const set = Object.entries(facts).map(
    ([name, value]) => sql`${nameOf(identities[name as keyof typeof facts])} = ${value}`,
  )
  return sql`set ${sql.join(set, sql`, `)}`
}
