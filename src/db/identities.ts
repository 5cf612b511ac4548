import type { Identities, IdentityKey } from '../core/stores.ts'
import { ALIVE } from './account-sql.ts'
import type { Database } from './client.ts'

/**
 * $1 session, $2 user, $3 provider. All identities of the user are locked, in one order: of two
 * unlinks at once the second waits, and does not see what the first took away. Identities come before
 * the user, as a sign-in locks them.
 */
const UNLINK = `
with person as (
  select u.id from latchkey.sessions s join latchkey.users u on u.id = s.user_id where ${ALIVE}
), held as (
  select i.provider, i.issuer, i.subject
  from latchkey.identities i join person on person.id = i.user_id
  order by i.provider, i.issuer, i.subject
  for update of i
), removed as (
  delete from latchkey.identities i using held
  where (i.provider, i.issuer, i.subject) = (held.provider, held.issuer, held.subject)
    and held.provider = $3 and exists (select from held where provider <> $3)
  returning i.provider, i.issuer, i.subject
), touched as (
  update latchkey.users u set updated_at = now()
  from person where u.id = person.id and exists (select from removed)
)
select exists (select from person) as alive, exists (select from held where provider = $3) as found,
  (select json_agg(removed) from removed) as removed`

/** Identities in PostgreSQL. */
export function createIdentities(database: Database): Identities {
  return {
    async unlink(userId, sessionId, provider) {
      const [row] = await database.query<{
        alive: boolean
        found: boolean
        removed: IdentityKey[] | null
      }>(UNLINK, [sessionId, userId, provider])
      if (!row?.alive) return { outcome: 'session_over' }
      if (!row.found) return { outcome: 'not_found' }
      if (row.removed === null) return { outcome: 'last_identity' }
      return { outcome: 'unlinked', removed: row.removed }
    },
  }
}
