import type { GrantedSession, Grants } from '../../core/stores.ts'
import type { Database } from '../client.ts'

const SESSION_COLUMNS = `s.id, s.user_id as "userId", s.client_id as "clientId", s.scope,
  floor(extract(epoch from s.created_at))::int as "authTime"`

/**
 * $1 code hash, $2 client, $3 redirect URI, $4 challenge, $5 seconds of the session, $6 refresh token
 * hash, $7 its seconds. Whoever comes second waits for the row and finds it redeemed.
 */
const REDEEM = `
with shown as (
  select c.hash, c.session_id, c.nonce, c.redeemed_at is null as unused, c.expires_at > now() as fresh,
    c.redirect_uri = $3 and c.code_challenge is not distinct from $4 as fits
  from latchkey.login_codes c join latchkey.sessions s on s.id = c.session_id
  where c.hash = $1 and s.client_id = $2
  for update of c
), redeemed as (
  update latchkey.login_codes c set redeemed_at = now()
  from shown where c.hash = shown.hash and shown.unused
), ended as (
  update latchkey.sessions s set ended_at = now()
  from shown where s.id = shown.session_id and s.ended_at is null and not (shown.unused and shown.fits)
), opened as (
  update latchkey.sessions s
  set expires_at = s.created_at + $5 * interval '1 second', last_used_at = now()
  from shown, latchkey.users u
  where s.id = shown.session_id and shown.unused and shown.fresh and shown.fits
    and s.ended_at is null and u.id = s.user_id and u.disabled_at is null
  returning s.*
), refresh_token as (
  insert into latchkey.refresh_tokens (hash, session_id, expires_at)
  select $6, id, least(now() + $7 * interval '1 second', expires_at) from opened
)
select ${SESSION_COLUMNS}, shown.nonce from opened s, shown`

/** $1 token hash, $2 client, $3 successor's hash, $4 its seconds, $5 the scopes asked for. */
const ROTATE = `
with shown as (
  select r.hash, r.session_id, r.rotated_at, r.expires_at > now() as fresh
  from latchkey.refresh_tokens r where r.hash = $1
  for update of r
), rotated as (
  update latchkey.refresh_tokens r set rotated_at = now()
  from shown, latchkey.sessions s, latchkey.users u
  where r.hash = shown.hash and shown.rotated_at is null and shown.fresh
    and s.id = shown.session_id and s.client_id = $2 and s.ended_at is null and s.expires_at > now()
    and u.id = s.user_id and u.disabled_at is null
    and $5::text[] <@ string_to_array(s.scope, ' ')
  returning r.session_id
), successor as (
  insert into latchkey.refresh_tokens (hash, session_id, expires_at)
  select $3, s.id, least(now() + $4 * interval '1 second', s.expires_at)
  from rotated join latchkey.sessions s on s.id = rotated.session_id
), used as (
  update latchkey.sessions s set last_used_at = now() from rotated where s.id = rotated.session_id
)
select ${SESSION_COLUMNS}, exists (select from rotated) as rotated,
  s.client_id = $2 as own, shown.rotated_at is not null as reused,
  coalesce(shown.rotated_at > now() - interval '10 seconds', false) as "inGrace",
  s.ended_at is null and s.expires_at > now() and u.disabled_at is null as alive,
  not $5::text[] <@ string_to_array(s.scope, ' ') as wider
from shown
  join latchkey.sessions s on s.id = shown.session_id
  join latchkey.users u on u.id = s.user_id`

/** $1 session: its last refresh token. */
const FIND_LAST = `
select r.hash from latchkey.refresh_tokens r
where r.session_id = $1 and r.rotated_at is null and r.expires_at > now()`

const END = `update latchkey.sessions set ended_at = now() where id = $1 and ended_at is null`

type RotateRow = GrantedSession & {
  rotated: boolean
  own: boolean
  reused: boolean
  inGrace: boolean
  alive: boolean
  wider: boolean
}

/** Codes and refresh tokens in PostgreSQL. */
export function createGrants(database: Database): Grants {
  return {
    async redeemCode({ hash, clientId, redirectUri, codeChallenge }, next) {
      const [row] = await database.query<GrantedSession & { nonce: string | null }>(REDEEM, [
        hash,
        clientId,
        redirectUri,
        codeChallenge,
        next.sessionTtlSeconds,
        next.refreshToken.hash,
        next.refreshToken.ttlSeconds,
      ])
      if (row === undefined) return null
      const { nonce, ...session } = row
      return { session, nonce }
    },
    async rotate({ hash, clientId, scopes }, successors) {
      const [next] = successors
      const [row] = await database.query<RotateRow>(ROTATE, [
        hash,
        clientId,
        next.hash,
        next.ttlSeconds,
        scopes,
      ])
      if (row === undefined || !row.own) return { outcome: 'refused' }
      const { id, userId, scope, authTime } = row
      const session = { id, userId, clientId, scope, authTime }
      if (row.rotated) return { outcome: 'rotated', session, successor: 0 }
      if (!row.alive) return { outcome: 'refused' }
      if (!row.reused) return { outcome: row.wider ? 'wider' : 'refused' }
      if (row.inGrace) {
        const [last] = await database.query<{ hash: Buffer }>(FIND_LAST, [id])
        const successor = successors.findIndex(({ hash: candidate }) =>
          last?.hash.equals(candidate),
        )
        if (successor !== -1) {
          return row.wider ? { outcome: 'wider' } : { outcome: 'rotated', session, successor }
        }
      }
      await database.query(END, [id])
      return { outcome: 'reused', sessionId: id, userId }
    },
  }
}
