import { accountJson } from './account-sql.ts'

/** Of the identity `i`: what the provider says now; what it no longer says is kept, never blanked. */
const FACTS = `
    email = coalesce($4, i.email),
    email_verified = case
      when $4::text is null then i.email_verified
      when $5::boolean is null then i.email_verified and i.email = $4
      else $5 end,
    name = coalesce($6, i.name),
    picture = coalesce($7, i.picture),
    locale = coalesce($8, i.locale),
    last_login_at = now()`

/**
 * Of the identity `i`: what is kept of its grant, its parts sealed (`core/kept-grant.ts`). Without a new
 * one the old one stays, and without a new refresh token the old refresh token.
 */
export const keptGrant = (access: string, refreshToken: string) => `case
      when ${access}::text is null then i.sealed_grant
      else ${access} || ' ' || coalesce(nullif(${refreshToken}, ''), split_part(i.sealed_grant, ' ', 2), '') end`

/**
 * Parameters of all statements here: $1 provider, $2 issuer, $3 subject; $4 email, $5 its verified
 * flag (null: not told), $6 name, $7 picture, $8 locale.
 *
 * SIGN_IN_KNOWN goes on with $9 session id, $10 client, $11 scope, $12 user agent, $13 address,
 * $14 its seconds, $15 refresh token hash or null, $16 its seconds, $17 code hash or null, $18 its
 * redirect URI, $19 challenge, $20 nonce, $21 seconds; $22 and $23 the parts of the sealed grant, null
 * to leave what is there; $24 the resource, $25 cookie mode, $26 the provider's auth_time in seconds,
 * $27 silent. It refreshes the identity, opens the
 * session and gives the account; no row where the identity is new; a row and no change where the
 * user is disabled. All parts of one statement see the tables as they were before it, so the
 * refreshed rows are taken from what the updates return.
 */
export const SIGN_IN_KNOWN = `
with known as (
  select * from latchkey.identities
  where provider = $1 and issuer = $2 and subject = $3
  for update
), refreshed as (
  update latchkey.identities i set${FACTS},
    sealed_grant = ${keptGrant('$22', '$23')}
  from known k join latchkey.users u on u.id = k.user_id and u.disabled_at is null
  where i.provider = k.provider and i.issuer = k.issuer and i.subject = k.subject
  returning i.*,
    (i.email, i.email_verified, i.name, i.picture, i.locale)
      is distinct from (k.email, k.email_verified, k.name, k.picture, k.locale) as changed
), person as (
  update latchkey.users u set email = coalesce(u.email, r.email), updated_at = now()
  from refreshed r
  where u.id = r.user_id and (r.changed or (u.email is null and r.email is not null))
  returning u.*
), session as (
  insert into latchkey.sessions
    (id, user_id, client_id, provider, issuer, subject, scope, user_agent, address, expires_at,
     redeemed_at, resource, cookie_mode, auth_time, silent)
  select $9, user_id, $10, provider, issuer, subject, $11, $12, $13, now() + $14 * interval '1 second',
    case when $17::bytea is null then now() end, $24, $25, to_timestamp($26::float8), $27
  from refreshed
), refresh_token as (
  insert into latchkey.refresh_tokens (hash, session_id, expires_at)
  select $15, $9, now() + $16 * interval '1 second' from refreshed where $15::bytea is not null
), code as (
  insert into latchkey.login_codes
    (hash, session_id, redirect_uri, code_challenge, nonce, expires_at)
  select $17, $9, $18, $19, $20, now() + $21 * interval '1 second'
  from refreshed where $17::bytea is not null
), shown as (
  select user_id, provider, subject, email, email_verified, name, picture, locale, linked_at,
    last_login_at
  from refreshed
  union all
  select o.user_id, o.provider, o.subject, o.email, o.email_verified, o.name, o.picture, o.locale,
    o.linked_at, o.last_login_at
  from latchkey.identities o join known k on k.user_id = o.user_id
  where (o.provider, o.issuer, o.subject) <> ($1, $2, $3)
)
select u.disabled_at is not null as disabled, ${accountJson('shown')} as account
from (
  select * from person
  union all
  select u.* from latchkey.users u join known k on k.user_id = u.id
  where not exists (select from person)
) u`

/**
 * $1 address in ASCII lower case, $2 trusted providers, $3 provider of the new identity. More than one
 * holder is as good as many, but one who is disabled must be among those that are given.
 */
export const FIND_CANDIDATES = `
select u.id as "userId", min(i.email) as email, u.disabled_at is not null as disabled,
  exists (
    select from latchkey.identities o
    where o.user_id = u.id and o.provider = $3
  ) as "hasIdentityAtProvider"
from latchkey.identities i join latchkey.users u on u.id = i.user_id
where lower(i.email collate "C") = $1 and i.email_verified and i.provider = any($2)
group by u.id
order by u.disabled_at nulls last
limit 2`

const INSERT_IDENTITY = `
insert into latchkey.identities as i
  (provider, issuer, subject, email, email_verified, name, picture, locale, user_id)
select $1, $2, $3, $4, coalesce($5::boolean, false), $6, $7, $8, $9::uuid`

/** $1 user: held until the transaction ends, so that nobody links to it meanwhile. */
export const HOLD_USER = `select from latchkey.users where id = $1 for update`

/** $9: the user to join. */
export const JOIN_USER = INSERT_IDENTITY

/**
 * $9: the user whose the identity becomes, or is already: then it is refreshed. No change where
 * it is another user's.
 */
export const LINK_IDENTITY = `
${INSERT_IDENTITY}
on conflict (provider, issuer, subject) do update set${FACTS}
where i.user_id = excluded.user_id`

/** $9: the id of the new user. */
export const CREATE_USER = `
with made as (insert into latchkey.users (id, email) values ($9::uuid, $4))
${INSERT_IDENTITY}`
