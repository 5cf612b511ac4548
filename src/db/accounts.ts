import type { Accounts } from '../core/stores.ts'
import { type AccountRow, identitiesColumn, toAccount, userColumns } from './account-rows.ts'
import type { Database } from './client.ts'

const FIND_BY_SESSION = `
select ${userColumns},
  (select ${identitiesColumn} from latchkey.identities i where i.user_id = u.id) as identities
from latchkey.sessions s join latchkey.users u on u.id = s.user_id
where s.id = $1 and s.user_id = $2 and s.ended_at is null and s.expires_at > now()
  and u.disabled_at is null`

/** Users read from PostgreSQL: one round trip by primary keys. */
export function createAccounts(database: Database): Accounts {
  return {
    async findBySession(userId, sessionId) {
      const [row] = await database.query<AccountRow>(FIND_BY_SESSION, [sessionId, userId])
      return row === undefined ? null : toAccount(row)
    },
  }
}
