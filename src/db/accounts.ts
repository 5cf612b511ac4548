import type { Accounts } from '../core/stores.ts'
import { type AccountRow, identitiesColumn, toAccount, userColumns } from './account-rows.ts'
import type { Database } from './client.ts'

const FIND_BY_SESSION = `
select ${userColumns},
  (select ${identitiesColumn} from latchkey.identities i where i.user_id = u.id) as identities
from latchkey.sessions s join latchkey.users u on u.id = s.user_id
where s.id = $1 and s.user_id = $2 and s.ended_at is null and s.expires_at > now()
  and u.disabled_at is null`

/** $3 to $8: for each of name, picture and locale whether it is given, and its value. */
const EDIT = `
update latchkey.users u set
  name = case when $3 then $4 else u.name end,
  picture = case when $5 then $6 else u.picture end,
  locale = case when $7 then $8 else u.locale end,
  updated_at = now()
from latchkey.sessions s
where s.id = $1 and u.id = $2 and s.user_id = u.id and s.ended_at is null and s.expires_at > now()
  and u.disabled_at is null
returning ${userColumns},
  (select ${identitiesColumn} from latchkey.identities i where i.user_id = u.id) as identities`

/** Users read from PostgreSQL: one round trip by primary keys. */
export function createAccounts(database: Database): Accounts {
  return {
    async findBySession(userId, sessionId) {
      const [row] = await database.query<AccountRow>(FIND_BY_SESSION, [sessionId, userId])
      return row === undefined ? null : toAccount(row)
    },
    async edit(userId, sessionId, edits) {
      const parameters = (['name', 'picture', 'locale'] as const).flatMap((field) => [
        edits[field] !== undefined,
        edits[field] ?? null,
      ])
      const [row] = await database.query<AccountRow>(EDIT, [sessionId, userId, ...parameters])
      return row === undefined ? null : toAccount(row)
    },
  }
}
