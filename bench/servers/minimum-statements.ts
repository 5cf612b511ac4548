// One statement for each step, as a careful hand would write it for tables that hold what is needed.

/** A flow may be finished once. */
export const FINISH = `
insert into used_flows (id, expires_at) values ($1, now() + interval '20 minutes')
on conflict do nothing returning id`

/**
 * The identity is refreshed, or made with its user, who is whoever has the verified address already;
 * the session is opened with a refresh token or a code.
 */
export const SIGN_IN = `
with known as (
  update identities set email = $4, email_verified = $5, name = $6, picture = $7, locale = $8,
    last_login_at = now()
  where provider = $1 and issuer = $2 and subject = $3 returning user_id),
person as (
  insert into users (id, email) select $9::uuid, $10::text where not exists (select from known)
  on conflict (email) do update set updated_at = now()
  returning id, created_at, updated_at, disabled_at),
made as (
  insert into identities (provider, issuer, subject, email, email_verified, name, picture, locale, user_id)
  select $1, $2, $3, $4, $5, $6, $7, $8, id from person),
who as (
  select id, created_at, updated_at, disabled_at from person
  union all
  select u.id, u.created_at, u.updated_at, u.disabled_at from known join users u on u.id = user_id),
opened as (
  insert into sessions (id, user_id, client_id, provider, scope, user_agent, address, expires_at)
  select $11::uuid, id, $12, $1, $13, $14, $15, now() + interval '30 days'
  from who where disabled_at is null returning id),
token as (
  insert into refresh_tokens (hash, session_id, expires_at)
  select $16::bytea, id, now() + interval '14 days' from opened where $16::bytea is not null),
code as (
  insert into codes (hash, session_id, redirect_uri, challenge, nonce, expires_at)
  select $17::bytea, id, $18, $19, $20, now() + interval '1 minute' from opened
  where $17::bytea is not null)
select who.id, created_at, updated_at, exists (select from opened) as is_open, (
  select json_agg(json_build_object('provider', provider, 'subject', subject, 'email', email,
    'email_verified', email_verified, 'linked_at', linked_at, 'last_login_at', last_login_at))
  from identities i
  where i.user_id = who.id and (i.provider, i.issuer, i.subject) <> ($1, $2, $3)) as others
from who`

/** The code is used once, by who began the flow; the session gets its refresh token. */
export const REDEEM = `
with used as (
  update codes set redeemed_at = now()
  where hash = $1 and redirect_uri = $2 and challenge = $3 and redeemed_at is null
    and expires_at > now()
  returning session_id, nonce),
opened as (
  update sessions s set last_used_at = now() from used, users u
  where s.id = used.session_id and s.client_id = $4 and s.ended_at is null and u.id = s.user_id
    and u.disabled_at is null
  returning s.id, s.user_id, s.scope, used.nonce),
token as (
  insert into refresh_tokens (hash, session_id, expires_at)
  select $5::bytea, id, now() + interval '14 days' from opened)
select id, user_id, scope, nonce from opened`

/** The refresh token is replaced. */
export const ROTATE = `
with used as (
  update refresh_tokens set rotated_at = now()
  where hash = $1 and rotated_at is null and expires_at > now() returning session_id),
going as (
  update sessions s set last_used_at = now() from used, users u
  where s.id = used.session_id and s.client_id = $2 and s.ended_at is null and s.expires_at > now()
    and u.id = s.user_id and u.disabled_at is null
  returning s.id, s.user_id, s.scope),
token as (
  insert into refresh_tokens (hash, session_id, expires_at)
  select $3::bytea, id, now() + interval '14 days' from going)
select id, user_id, scope from going`

/** Who has this session, with all identities. */
export const ME = `
select u.id, u.created_at, u.updated_at, i.provider, i.subject, i.email, i.email_verified, i.name,
  i.picture, i.locale, i.linked_at, i.last_login_at
from sessions s join users u on u.id = s.user_id join identities i on i.user_id = u.id
where s.id = $1 and s.user_id = $2 and s.ended_at is null and s.expires_at > now()
  and u.disabled_at is null
order by i.linked_at`
