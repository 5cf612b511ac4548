import type { Account } from '../../core/account.ts'
import type { IdentityKey } from '../../core/identity-key.ts'
import type { Identities } from '../../core/stores.ts'
import type { Database } from '../client.ts'
import { ALIVE, accountJson } from './account-sql.ts'
import { factsOf, keyOf, lockIdentity } from './identity-values.ts'
import { leaveRevocations } from './revocations.ts'
import { keptGrant, LINK_IDENTITY } from './sign-in-statements.ts'

/** $1 provider, $2 issuer, $3 subject. */
const HOLD_OWNER = `
select user_id as "userId" from latchkey.identities
where provider = $1 and issuer = $2 and subject = $3
for update`

const HOLD_CALLER = `
select from latchkey.sessions s join latchkey.users u on u.id = s.user_id
where ${ALIVE}
for update of u`

/** $1 user, $2 provider, $3 issuer, $4 subject. */
const FIND_OTHER = `
select from latchkey.identities
where user_id = $1 and provider = $2 and (issuer, subject) <> ($3, $4)`

/** $4 and $5: the sealed parts of the grant. */
const KEEP_GRANT = `
update latchkey.identities i set sealed_grant = ${keptGrant('$4', '$5')}
where provider = $1 and issuer = $2 and subject = $3`

/** $1 user, $2 address. */
const SHOW_LINKED = `
with person as (
  update latchkey.users u set email = coalesce(u.email, $2), updated_at = now() where u.id = $1
  returning u.*
)
select ${accountJson('latchkey.identities')} as account from person u`

/**
 * $1 session, $2 user, $3 provider, $4 providers at which there may be something to revoke. All identities of the user are locked, in one order: of two
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
  returning i.provider, i.issuer, i.subject, i.sealed_grant
), outbox as (${leaveRevocations('removed', '$4')}
), touched as (
  update latchkey.users u set updated_at = now()
  from person where u.id = person.id and exists (select from removed)
)
select exists (select from person) as alive, exists (select from held where provider = $3) as found,
  (select json_agg(json_build_object('provider', provider, 'issuer', issuer, 'subject', subject))
    from removed) as removed`

/** Identities in PostgreSQL: a link is one short transaction, an unlink one statement. */
export function createIdentities(database: Database): Identities {
  /** Under the locks of a first login, so that an identity never gets two users. */
  const link: Identities['link'] = ({ userId, sessionId }, { key, profile, grant }) =>
    database.transaction(async (run) => {
      await lockIdentity(run, key)
      const [owner] = await run<{ userId: string }>(HOLD_OWNER, keyOf(key))
      const [caller] = await run(HOLD_CALLER, [sessionId, userId])
      if (caller === undefined) return { outcome: 'session_over' }
      if (owner !== undefined && owner.userId !== userId) return { outcome: 'identity_in_use' }
      const [other] = await run(FIND_OTHER, [userId, ...keyOf(key)])
      if (other !== undefined) return { outcome: 'provider_in_use' }
      await run(LINK_IDENTITY, [...keyOf(key), ...factsOf(profile), userId])
      if (grant !== null) await run(KEEP_GRANT, [...keyOf(key), grant.access, grant.refreshToken])
      const [shown] = await run<{ account: string }>(SHOW_LINKED, [userId, profile.email])
      if (shown === undefined) throw new Error('the user just held is not there')
      const account = JSON.parse(shown.account) as Account
      return { outcome: owner === undefined ? 'linked' : 'refreshed', account }
    })

  return {
    link,
    async unlink({ userId, sessionId }, provider, revocable) {
      const [row] = await database.query<{
        alive: boolean
        found: boolean
        removed: IdentityKey[] | null
      }>(UNLINK, [sessionId, userId, provider, revocable])
      if (!row?.alive) return { outcome: 'session_over' }
      if (!row.found) return { outcome: 'not_found' }
      if (row.removed === null) return { outcome: 'last_identity' }
      return { outcome: 'unlinked', removed: row.removed }
    },
  }
}
