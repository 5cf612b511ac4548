/** A moment as ISO 8601 text in UTC. */
export const isoTime = (column: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** $1 session, $2 user: whether `s`, of the user `u`, may still be used. */
export const ALIVE = `s.id = $1 and s.user_id = $2 and s.ended_at is null and s.expires_at > now()
  and u.disabled_at is null`

/** What the identity that was linked first says. */
const firstSaid = (column: string) =>
  `(array_agg(i.${column} order by i.linked_at, i.provider) filter (where i.${column} is not null))[1]`

/**
 * The JSON text of an Account (`core/account.ts`), made by the database so that `/me` can send it on
 * as it comes: own edits first, then what the identities say. `identities` is a FROM item that gives
 * identity rows; the user is the row `u`.
 */
export const accountJson = (identities: string) => `(
  select json_build_object(
    'sub', u.id,
    'name', coalesce(u.name, ${firstSaid('name')}),
    'email', u.email,
    'email_verified', coalesce(bool_or(
      i.email_verified and lower(i.email collate "C") = lower(u.email collate "C")), false),
    'picture', coalesce(u.picture, ${firstSaid('picture')}),
    'locale', coalesce(u.locale, ${firstSaid('locale')}),
    'updated_at', floor(extract(epoch from u.updated_at))::int,
    'created_at', ${isoTime('u.created_at')},
    'identities', coalesce(json_agg(json_build_object(
      'provider', i.provider, 'subject', i.subject,
      'email', i.email, 'email_verified', i.email_verified,
      'linked_at', ${isoTime('i.linked_at')}, 'last_login_at', ${isoTime('i.last_login_at')}
    ) order by i.linked_at, i.provider, i.subject), '[]')
  )::text
  from ${identities} i where i.user_id = u.id
)`
