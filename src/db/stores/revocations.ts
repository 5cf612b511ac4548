import type { DueRevocation, Revocations } from '../../core/grant-stores.ts'
import type { Database } from '../client.ts'

/**
 * Part of a statement that takes identities away: writes what is kept of their grants into the outbox.
 * `identities` is a FROM item that gives their rows, `revocable` the parameter with the providers at
 * which there is something to revoke.
 */
export const leaveRevocations = (identities: string, revocable: string) => `
  insert into latchkey.revocations (provider, issuer, subject, sealed_grant)
  select l.provider, l.issuer, l.subject, l.sealed_grant from ${identities} l
  where l.sealed_grant is not null and l.provider = any(${revocable})`

/** $1 how many, $2 seconds of the lease, $3 providers to leave out. */
const CLAIM = `
update latchkey.revocations r
set attempts = r.attempts + 1, next_attempt_at = now() + $2 * interval '1 second'
from (
  select id from latchkey.revocations
  where next_attempt_at <= now() and provider <> all($3)
  order by next_attempt_at
  limit $1
  for update skip locked
) due
where r.id = due.id
returning r.id, r.provider, r.issuer, r.subject, r.sealed_grant as "sealedGrant", r.attempts,
  floor(extract(epoch from now() - r.created_at))::int as "ageSeconds"`

/** A claim is still ours while nobody has claimed it since. */
const CLAIMED = 'where id = $1 and attempts = $2'

/** The outbox in PostgreSQL; one column is both the next attempt and the end of a lease. */
export function createRevocations(database: Database): Revocations {
  return {
    claim: ({ limit, leaseSeconds, except }) =>
      database.query<DueRevocation>(CLAIM, [limit, leaseSeconds, except]),
    async replaceGrant({ id, attempts }, sealedGrant) {
      const text = `update latchkey.revocations set sealed_grant = $3 ${CLAIMED}`
      await database.query(text, [id, attempts, sealedGrant])
    },
    async postpone({ id, attempts }, delaySeconds) {
      await database.query(
        `update latchkey.revocations set next_attempt_at = now() + $3 * interval '1 second' ${CLAIMED}`,
        [id, attempts, delaySeconds],
      )
    },
    async remove({ id, attempts }) {
      await database.query(`delete from latchkey.revocations ${CLAIMED}`, [id, attempts])
    },
  }
}
