import type { Evidence } from './errors.ts'

/** Logs what an operator should know about a provider, though the login goes on. */
export type Note = (event: NoteEvent, facts: Evidence) => void

/** The log messages, by event. */
export const NOTES = {
  discovery_stale:
    'the discovery document cannot be read anew; logins go on with what it said before, until a restart',
  discovery_ignored: 'members of the discovery document cannot be used and count as absent',
  provider_asks_more: 'the provider asks for something that Latchkey cannot do yet',
  userinfo_refused: 'userinfo was refused; the login went on with the ID token',
} as const
/** The event of a note. */
export type NoteEvent = keyof typeof NOTES
