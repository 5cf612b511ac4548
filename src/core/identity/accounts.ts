import type { Asking } from '../events/audit.ts'
import type { Account } from './account.ts'
import type { SessionRef } from './session-ref.ts'

/** What users may change of their own account; null goes back to what the provider says. */
export interface AccountEdits {
  name?: string | null | undefined
  picture?: string | null | undefined
  locale?: string | null | undefined
}

/** How recent the sign-in must be for what cannot be undone; null: any will do. */
export interface Freshness {
  reauthSeconds: number | null
}

/** Takes identities away: what is kept of grants at the `revocable` providers goes to the outbox. */
export interface TakingAway extends Freshness {
  revocable: readonly string[]
}

/** Reads and edits users. */
export interface Accounts {
  /** The user of a session that is alive, else null. */
  findBySession(session: SessionRef): Promise<Account | null>
  /** That user as JSON text, for an answer that is sent on as it is. */
  findJsonBySession(session: SessionRef): Promise<string | null>
  /** Everything that is stored about the user of a living session, as JSON text in pieces; else null. */
  exportBySession(session: SessionRef): Promise<AsyncIterable<string> | null>
  /** Stores the user's own edits; null where the session is not alive. */
  edit(session: SessionRef & Asking, edits: AccountEdits): Promise<Account | null>
  /** Deletes the user of a session that is alive, with identities and sessions, all or nothing. */
  remove(
    session: SessionRef & Asking,
    options: TakingAway,
  ): Promise<{ outcome: 'removed' | 'session_over' | 'sign_in_again' }>
}
