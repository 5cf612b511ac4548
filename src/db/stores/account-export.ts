import { ALIVE, isoTime } from './account-sql.ts'

const values = (table: string, columns: readonly string[]) =>
  columns.map((column) => `'${column}', ${table}.${column}`)

const times = (table: string, columns: readonly string[]) =>
  columns.map((column) => `'${column}', ${isoTime(`${table}.${column}`)}`)

const USER = [
  ...values('u', ['id', 'name', 'picture', 'locale', 'email']),
  ...times('u', ['created_at', 'updated_at', 'disabled_at']),
]

const IDENTITY = [
  ...values('i', ['provider', 'issuer', 'subject', 'email', 'email_verified']),
  ...values('i', ['name', 'picture', 'locale']),
  ...times('i', ['linked_at', 'last_login_at']),
]

const SESSION = [
  ...values('o', ['id', 'client_id', 'provider', 'issuer', 'subject', 'scope', 'resource']),
  ...values('o', ['cookie_mode', 'silent', 'user_agent', 'address', 'end_reason']),
  ...times('o', [
    'auth_time',
    'created_at',
    'last_used_at',
    'redeemed_at',
    'expires_at',
    'ended_at',
  ]),
]

/**
 * $1 session, $2 user: the JSON text of everything that is stored about the user, read at one moment.
 * What stands for a secret (refresh tokens, codes: hashes and times) is not about the person.
 */
export const EXPORT = `
select json_build_object(
  'exported_at', ${isoTime('now()')},
  'user', json_build_object(${USER}),
  'identities', coalesce((
    select json_agg(json_build_object(${IDENTITY}) order by i.linked_at, i.provider, i.subject)
    from latchkey.identities i where i.user_id = u.id
  ), '[]'),
  'sessions', coalesce((
    select json_agg(json_build_object(${SESSION}) order by o.created_at, o.id)
    from latchkey.sessions o where o.user_id = u.id
  ), '[]')
)::text as export
from latchkey.sessions s join latchkey.users u on u.id = s.user_id
where ${ALIVE}`
