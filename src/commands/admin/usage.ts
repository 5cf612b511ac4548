/** What `latchkey admin` can do. */
export const USAGE = `Usage: latchkey admin <what> [--json]

  users find [TEXT]           by id, provider's subject, the beginning of an e-mail address, or a part
                              of a name
  users show ID               roles, identities, whether disabled
  users disable ID            shut out at once: login, refresh and every protected route; apps hear
                              by back-channel logout
  users enable ID
  users delete ID             with identities and sessions; grants are revoked at the providers
  users export ID             everything that is stored, as JSON
  users end-sessions ID
  users grant ID ROLE         in the next access token
  users revoke ID ROLE
  users import FILE … --from latchkey|supabase|auth.js|better-auth|firebase [--dry-run]
                              people of another system, by what providers call them; a file, several,
                              or a folder: JSON, JSON lines or CSV
  keys list                   the signing keys, published and to come
  keys rotate [--now]         a new key for each algorithm; --now: it signs within half a minute
  keys retire KID             a leaked one: its tokens are refused from now on
  outbox list [KIND|ID]       what waits or was given up: revocation, webhook, logout
  outbox retry [KIND|ID]      try it now; a target that was stopped is sent to again
  outbox drop [KIND|ID]       without a name: what was given up
  audit [--user ID] [--type T] [--since D] [--follow]
                              what happened, oldest first; T may be a beginning: user, session;
                              D is a time ago (90m, 12h, 7d) or a date;
                              --follow: what happens from now on, or since D, until Ctrl+C
  google-risc register|status|verify
  twitch-eventsub register|status
                              has the provider tell of what happens there

It works on the database of DATABASE_URL, else on the one in DATA_DIR, running or not.
`

/** A command line that cannot be understood; `message` says what is wrong with it. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** What was asked for cannot be done, as it is told; the exit code is 1. */
export class AdminError extends Error {
  override name = 'AdminError'
}
