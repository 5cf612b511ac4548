import type { IdentityKey } from '../../core/identity-key.ts'
import type { Profile } from '../../core/profile.ts'
import type { RunStatement } from '../client.ts'

/** $1 to $3 of the statements about one identity. */
export const keyOf = (key: IdentityKey) => [key.provider, key.issuer, key.subject]

/** $4 to $8 of them. */
export const factsOf = (profile: Profile) => [
  profile.email,
  profile.emailVerified,
  profile.name,
  profile.picture,
  profile.locale,
]

/**
 * Locks an identity that may not be there yet, then an address, until the transaction ends. Whoever
 * locks more goes on in this order, so that no two wait for each other in a ring: the identity's row,
 * the user's row.
 */
export async function lockIdentity(
  run: RunStatement,
  key: IdentityKey,
  email: string | null = null,
): Promise<void> {
  const names = [
    `identity ${JSON.stringify(keyOf(key))}`,
    ...(email === null ? [] : [`email ${email}`]),
  ]
  for (const name of names) {
    await run('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`latchkey ${name}`])
  }
}
