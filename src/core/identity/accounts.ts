import type { Asking } from '../events/audit.ts'
import type { Account } from './account.ts'
import type { SessionRef } from './session-ref.ts'

/** What users may change in their own account; null returns to the provider's value. */
export interface AccountEdits {
  name?: string | null | undefined
  picture?: string | null | undefined
  locale?: string | null | undefined
}

/** How recent the sign-in must be for what cannot be undone; null: any is recent enough. */
export interface Freshness {
  reauthSeconds: number | null
}

/** For removing identities: stored tokens of the `revocable` providers go to the outbox. */
export interface TakingAway extends Freshness {
  revocable: readonly string[]
}

/** Reads and edits users. */
export interface Accounts {
  /** The user of a living session, else null. */
  findBySession(session: SessionRef): Promise<Account | null>
  /** The same user as JSON text, for an answer that is sent unchanged. */
  findJsonBySession(session: SessionRef): Promise<string | null>
  /** Everything that is stored about the user of a living session, as JSON text in pieces; else null. */
  exportBySession(session: SessionRef): Promise<AsyncIterable<string> | null>
  /** Stores the user's own edits; null where the session is not alive. */
  edit(session: SessionRef & Asking, edits: AccountEdits): Promise<Account | null>
  /** Deletes the user of a living session, with identities and sessions, all or nothing. */
  remove(
    session: SessionRef & Asking,
    options: TakingAway,
  ): Promise<{ outcome: 'removed' | 'session_over' | 'sign_in_again' }>
}
