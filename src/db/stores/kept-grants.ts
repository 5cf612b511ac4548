import type { KeptGrants, StoredGrant } from '../../core/grant-stores.ts'
import type { Database } from '../client.ts'

/** $1 session, $2 user, $3 provider. Of several identities there the one that signed in last. */
const FIND = `
select i.provider, i.issuer, i.subject, i.sealed_grant as "sealedGrant"
from latchkey.sessions s join latchkey.users u on u.id = s.user_id
left join lateral (
  select * from latchkey.identities
  where user_id = u.id and provider = $3 and sealed_grant is not null
  order by last_login_at desc limit 1
) i on true
where s.id = $1 and s.user_id = $2 and s.ended_at is null and s.expires_at > now()
  and u.disabled_at is null`

/** $1 to $3 the identity, $4 the grant as it was read: nothing happens to another one. */
const READ_BEFORE = 'provider = $1 and issuer = $2 and subject = $3 and sealed_grant = $4'

const IS_FREE = '(grant_leased_until is null or grant_leased_until < now())'

const LEASE = `
update latchkey.identities set grant_leased_until = now() + $5 * interval '1 second'
where ${READ_BEFORE} and ${IS_FREE} returning subject`

/** Whose user has left meanwhile waits in the outbox: the newer tokens are the ones to revoke. */
const REPLACE = `
with left_behind as (
  update latchkey.revocations set sealed_grant = $5 where ${READ_BEFORE}
)
update latchkey.identities set sealed_grant = $5, grant_leased_until = null
where ${READ_BEFORE} returning subject`

const RELEASE = `update latchkey.identities set grant_leased_until = null where ${READ_BEFORE}`

/** $1 to $3 the identity that the page before ended with, $4 how many. */
const LIST = `
select provider, issuer, subject, sealed_grant as "sealedGrant"
from latchkey.identities
where sealed_grant is not null and (provider, issuer, subject) > ($1, $2, $3)
order by provider, issuer, subject
limit $4`

/** Of a lease the refresh is under way: it finds its grant by the text that it has read. */
const RESEAL = `
update latchkey.identities set sealed_grant = $5
where ${READ_BEFORE} and ${IS_FREE} returning subject`

const FORGET = `
update latchkey.identities set sealed_grant = null, grant_leased_until = null
where (provider, issuer, subject) in (
  select provider, issuer, subject from latchkey.identities
  where provider = any($1) and sealed_grant is not null
  limit $2
)
returning subject`

/** Kept grants in PostgreSQL. */
export function createKeptGrants(database: Database): KeptGrants {
  const read = (stored: StoredGrant) => [
    stored.provider,
    stored.issuer,
    stored.subject,
    stored.sealedGrant,
  ]
  return {
    async find({ userId, sessionId }, provider) {
      const [row] = await database.query<StoredGrant | { provider: null }>(FIND, [
        sessionId,
        userId,
        provider,
      ])
      const stored = row === undefined || row.provider === null ? null : row
      return { isAlive: row !== undefined, stored }
    },
    lease: async (stored, seconds) =>
      (await database.query(LEASE, [...read(stored), seconds])).length === 1,
    replace: async (stored, sealedGrant) =>
      (await database.query(REPLACE, [...read(stored), sealedGrant])).length === 1,
    async release(stored) {
      await database.query(RELEASE, read(stored))
    },
    list: (after, limit) =>
      database.query<StoredGrant>(LIST, [
        after?.provider ?? '',
        after?.issuer ?? '',
        after?.subject ?? '',
        limit,
      ]),
    reseal: async (stored, sealedGrant) =>
      (await database.query(RESEAL, [...read(stored), sealedGrant])).length === 1,
    forget: async (providers, limit) => (await database.query(FORGET, [providers, limit])).length,
  }
}
