import { eq } from 'drizzle-orm'
import type { SessionRef } from '../../core/session-ref.ts'
import type { Freshness, Sessions, StoredSession } from '../../core/stores.ts'
import type { GrantedSession } from '../../core/token-store.ts'
import type { Database } from '../client.ts'
import { sessions, users } from '../schema.ts'
import { db, type Placeholders, statement } from '../statement.ts'
import { asks, isFresh } from './alive.ts'

// Until these statements are built from the schema.
const isoTime = (column: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

const ALIVE = `s.ended_at is null and s.expires_at > now()
  and exists (select from latchkey.users u where u.id = s.user_id and u.disabled_at is null)`

/** $1 user. A session whose code was never redeemed has no refresh token and is not shown. */
const LIST = `
select s.id, s.client_id, s.provider, s.user_agent, s.address, ${isoTime('s.created_at')} as created_at,
  ${isoTime('s.last_used_at')} as last_used_at, ${isoTime('s.expires_at')} as expires_at
from latchkey.sessions s
where s.user_id = $1 and ${ALIVE}
  and exists (select from latchkey.refresh_tokens r where r.session_id = s.id)
order by s.last_used_at desc, s.id desc
limit 1000`

const END = `
update latchkey.sessions set ended_at = now()
where user_id = $1 and id = $2 and ended_at is null and expires_at > now() returning id`

const END_OTHERS = `
update latchkey.sessions set ended_at = now()
where user_id = $1 and id <> $2 and ended_at is null and expires_at > now() returning id`

const IS_ALIVE = `select from latchkey.sessions s where s.user_id = $1 and s.id = $2 and ${ALIVE}`

const FIND_BY_REFRESH_TOKEN = `
select s.id, s.user_id as "userId", s.client_id as "clientId", s.scope,
  floor(extract(epoch from s.created_at))::int as "authTime",
  floor(extract(epoch from r.expires_at))::int as "expiresAt", r.rotated_at is not null as rotated
from latchkey.refresh_tokens r join latchkey.sessions s on s.id = r.session_id
where r.hash = $1 and r.expires_at > now() and ${ALIVE}`

const FIND_STANDING = statement((p: Placeholders<SessionRef & Freshness>) =>
  db
    .select({ isFresh: isFresh(p) })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(asks(p)),
)

/** Sessions in PostgreSQL. */
export function createSessions(database: Database): Sessions {
  const isAlive = async ({ userId, sessionId }: SessionRef) =>
    (await database.query(IS_ALIVE, [userId, sessionId])).length === 1
  return {
    isAlive,
    async standing({ userId, sessionId }, reauthSeconds) {
      const row = await FIND_STANDING.one(database.query, { userId, sessionId, reauthSeconds })
      return row === null ? 'over' : row.isFresh ? 'fresh' : 'stale'
    },
    async list(caller) {
      const found = await database.query<StoredSession>(LIST, [caller.userId])
      const isKnown = found.some((session) => session.id === caller.sessionId)
      return isKnown || (await isAlive(caller)) ? found : null
    },
    end: async ({ userId, sessionId }) =>
      (await database.query(END, [userId, sessionId])).length === 1,
    endOthers: async ({ userId, sessionId }) =>
      (await database.query(END_OTHERS, [userId, sessionId])).length,
    async findByRefreshToken(hash) {
      const [row] = await database.query<GrantedSession & { expiresAt: number; rotated: boolean }>(
        FIND_BY_REFRESH_TOKEN,
        [hash],
      )
      return row ?? null
    },
  }
}
