// People who are there before anything is measured, put in by SQL: person n has one identity at the
// provider `bench`, one session and one refresh token. The same people for each side.

const user = `('0190aaaa-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`
const session = `('0190bbbb-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`
const subject = `'person-' || n`
const email = `'person-' || n || '@example.com'`
const name = `'Person ' || n`
const picture = `'https://pictures.example.com/' || n || '.jpg'`
const hash = `sha256(n::text::bytea)`

/** Who is filled in. */
export interface People {
  users: number
  /** The issuer of the provider `bench`. */
  issuer: string
}

/** People in Latchkey's tables, with what was recorded of them. */
export function latchkeyPeople({ users, issuer }: People): string[] {
  const from = `from generate_series(1, ${users}) n`
  const key = `'bench', '${issuer}', ${subject}`
  return [
    `insert into latchkey.users (id) select ${user} ${from}`,
    `insert into latchkey.identities
       (provider, issuer, subject, user_id, email, email_verified, gives_email, name, picture, locale,
        linked_by, link_reason, address_claim)
     select ${key}, ${user}, ${email}, true, true, ${name}, ${picture}, 'en', 'created',
       'nobody_with_this_email', hashtextextended(${email}, 0) ${from}`,
    `insert into latchkey.sessions
       (id, user_id, client_id, provider, issuer, subject, scope, expires_at)
     select ${session}, ${user}, 'latchkey', ${key}, 'profile email account offline_access',
       now() + interval '30 days' ${from}`,
    `insert into latchkey.refresh_tokens (hash, session_id, expires_at)
     select ${hash}, ${session}, now() + interval '14 days' ${from}`,
    `insert into latchkey.audit_events (type, user_id, session_id, client_id, provider)
     select 'session.created', ${user}, ${session}, 'latchkey', 'bench' ${from}`,
    'vacuum analyze',
  ]
}

/** The tables of the hand-written minimum. */
export const MINIMUM_TABLES = `
create table users (
  id uuid primary key, email text unique, created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(), disabled_at timestamptz);
create table identities (
  provider text, issuer text, subject text, user_id uuid not null references users,
  email text, email_verified boolean not null, name text, picture text, locale text,
  linked_at timestamptz not null default now(), last_login_at timestamptz not null default now(),
  primary key (provider, issuer, subject));
create index on identities (user_id);
create table sessions (
  id uuid primary key, user_id uuid not null references users, client_id text not null,
  provider text not null, scope text not null, user_agent text, address text,
  created_at timestamptz not null default now(), last_used_at timestamptz not null default now(),
  expires_at timestamptz not null, ended_at timestamptz);
create index on sessions (user_id);
create table refresh_tokens (
  hash bytea primary key, session_id uuid not null references sessions,
  expires_at timestamptz not null, rotated_at timestamptz);
create index on refresh_tokens (session_id);
create table codes (
  hash bytea primary key, session_id uuid not null references sessions, redirect_uri text not null,
  challenge text not null, nonce text, expires_at timestamptz not null, redeemed_at timestamptz);
create table used_flows (id text primary key, expires_at timestamptz not null)`

/** People in the minimum's tables. */
export function minimumPeople({ users, issuer }: People): string[] {
  const from = `from generate_series(1, ${users}) n`
  return [
    `insert into users (id, email) select ${user}, ${email} ${from}`,
    `insert into identities
       (provider, issuer, subject, user_id, email, email_verified, name, picture, locale)
     select 'bench', '${issuer}', ${subject}, ${user}, ${email}, true, ${name}, ${picture}, 'en' ${from}`,
    `insert into sessions (id, user_id, client_id, provider, scope, expires_at)
     select ${session}, ${user}, 'latchkey', 'bench', 'profile email account offline_access',
       now() + interval '30 days' ${from}`,
    `insert into refresh_tokens (hash, session_id, expires_at)
     select ${hash}, ${session}, now() + interval '14 days' ${from}`,
    'vacuum analyze',
  ]
}

/** People in better-auth's tables, which it makes itself at its start. */
export function betterAuthPeople(users: number): string[] {
  const from = `from generate_series(1, ${users}) n`
  return [
    `insert into "user" (id, name, email, "emailVerified", image, "createdAt", "updatedAt")
     select 'user-' || n, ${name}, ${email}, true, ${picture}, now(), now() ${from}`,
    `insert into account (id, "accountId", "providerId", "userId", "createdAt", "updatedAt")
     select 'account-' || n, ${subject}, 'bench', 'user-' || n, now(), now() ${from}`,
    `insert into session (id, token, "userId", "expiresAt", "createdAt", "updatedAt")
     select 'session-' || n, 'token-' || n, 'user-' || n, now() + interval '7 days', now(), now() ${from}`,
    'vacuum analyze',
  ]
}
