const HEAD = 'Usage: latchkey admin <what> [--json]\n\n'

const COMMANDS = `  users find [TEXT]           by id, provider's subject, the beginning of an e-mail address, or a part
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
                              what happened, the newest 10,000 or those since D, oldest first;
                              T may be a beginning: user, session;
                              D is a time ago (90m, 12h, 7d) or a date;
                              --follow: what happens from now on, or since D, until Ctrl+C
  google-risc register|status|verify
  twitch-eventsub register|status
                              has the provider tell of what happens there
`

/** What `latchkey admin` can do. */
export const USAGE = `${HEAD}${COMMANDS}
It works on the database of DATABASE_URL, else on the one in DATA_DIR, running or not.
`

/**
 * The part of the usage that concerns what was typed: the whole would push the error out of sight.
 */
export function usageOf(args: readonly string[]): string {
  const typed = args.filter((arg) => !arg.startsWith('-'))
  const entries = COMMANDS.split(/^(?= {2}\S)/m)
  const begin = (words: readonly string[], count: number) => words.slice(0, count).join(' ')
  const about = (count: number) =>
    entries.filter((entry) => begin(entry.trim().split(/\s+/), count) === begin(typed, count))
  const own = [2, 1].map(about).find((found) => found.length > 0)
  const names = [...new Set(entries.map((entry) => begin(entry.trim().split(/\s+/), 1)))]
  return `${HEAD}${own?.join('') ?? `  ${names.join(', ')}\n`}\n\`latchkey admin --help\` says all of it.\n`
}

/** The command line is wrong; `message` says how. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** The error for words that the command does not know. */
export const noSuchVerb = (name: string, verb: string): UsageError =>
  new UsageError(
    verb === ''
      ? `${name} needs a word behind it.`
      : `There is no command ${name} ${JSON.stringify(verb)}.`,
  )

/** What was asked for cannot be done; `message` says why, and the exit code is 1. */
export class AdminError extends Error {
  override name = 'AdminError'
}
