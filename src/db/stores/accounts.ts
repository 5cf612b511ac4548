import type { Account } from '../../core/account.ts'
import type { SessionRef } from '../../core/session-ref.ts'
import type { Accounts } from '../../core/stores.ts'
import { batched } from '../batch.ts'
import type { Database } from '../client.ts'
import { EXPORT } from './account-export.ts'
import { ALIVE, accountJson } from './account-sql.ts'
import { leaveRevocations } from './revocations.ts'

const FIND_BY_SESSION = `
select s.id as "sessionId", u.id as "userId", ${accountJson('latchkey.identities')} as account
from latchkey.sessions s join latchkey.users u on u.id = s.user_id
where ${ALIVE}`

/** $1 sessions, $2 their users, each comma separated; a row for each that is alive. */
const FIND_BY_SESSIONS = `
select s.id as "sessionId", u.id as "userId", ${accountJson('latchkey.identities')} as account
from unnest(string_to_array($1, ',')::uuid[], string_to_array($2, ',')::uuid[])
    as asked(session_id, user_id)
  join latchkey.sessions s on s.id = asked.session_id and s.user_id = asked.user_id
  join latchkey.users u on u.id = s.user_id
where s.ended_at is null and s.expires_at > now() and u.disabled_at is null`

/** Look-ups in one statement: enough for a turn of the event loop, and quick. */
const LARGEST_BATCH = 50

/** $3 to $8: for each of name, picture and locale whether it is given, and its value. */
const EDIT = `
update latchkey.users u set
  name = case when $3 then $4 else u.name end,
  picture = case when $5 then $6 else u.picture end,
  locale = case when $7 then $8 else u.locale end,
  updated_at = now()
from latchkey.sessions s
where u.id = s.user_id and ${ALIVE}
returning ${accountJson('latchkey.identities')} as account`

/**
 * $3 providers. The identities are locked before the user, as a sign-in does, so that the two never
 * wait for each other in a ring, and what a sign-in has just stored is seen.
 */
const REMOVE = `
with leaving as (
  select i.* from latchkey.identities i
  where i.user_id = $2 and exists (
    select from latchkey.sessions s join latchkey.users u on u.id = s.user_id where ${ALIVE}
  )
  order by i.provider, i.issuer, i.subject
  for update of i
), outbox as (${leaveRevocations('leaving', '$3')})
delete from latchkey.users u using latchkey.sessions s
where (select count(*) from leaving) >= 0 and u.id = s.user_id and ${ALIVE}
returning u.id`

/** Users in PostgreSQL: one round trip by primary keys. */
export function createAccounts(database: Database): Accounts {
  const find = batched<SessionRef, string | null>(async (asked) => {
    const lists = [asked.map(({ sessionId }) => sessionId), asked.map(({ userId }) => userId)]
    const rows = await database.query<{ sessionId: string; userId: string; account: string }>(
      asked.length === 1 ? FIND_BY_SESSION : FIND_BY_SESSIONS,
      lists.map((ids) => ids.join(',')),
    )
    const found = new Map(rows.map((row) => [row.sessionId, row]))
    return ({ sessionId, userId }) => {
      const row = found.get(sessionId.toLowerCase())
      return row?.userId === userId.toLowerCase() ? row.account : null
    }
  }, LARGEST_BATCH)
  return {
    findJsonBySession: find,
    async findBySession(session) {
      const json = await find(session)
      if (json === null) return null
      const account = JSON.parse(json) as Account
      // What is signed for this person is this person's, whatever happened on the way.
      if (account.sub !== session.userId)
        throw new Error('the account found is another user\u2019s')
      return account
    },
    async exportJsonBySession({ userId, sessionId }) {
      const [row] = await database.query<{ export: string }>(EXPORT, [sessionId, userId])
      return row?.export ?? null
    },
    async edit({ userId, sessionId }, edits) {
      const parameters = (['name', 'picture', 'locale'] as const).flatMap((field) => [
        edits[field] !== undefined,
        edits[field] ?? null,
      ])
      const [row] = await database.query<{ account: string }>(EDIT, [
        sessionId,
        userId,
        ...parameters,
      ])
      return row === undefined ? null : (JSON.parse(row.account) as Account)
    },
    remove: async ({ userId, sessionId }, revocable) =>
      (await database.query(REMOVE, [sessionId, userId, revocable])).length === 1,
  }
}
