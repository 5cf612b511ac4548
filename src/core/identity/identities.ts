import type { Asking } from '../events/audit.ts'
import type { CodeBinding } from '../tokens/token-store.ts'
import type { Account } from './account.ts'
import type { Freshness, TakingAway } from './accounts.ts'
import type { SessionRef } from './session-ref.ts'
import type { AuthenticatedIdentity, NewToken } from './sign-ins.ts'

/** One-time codes that stand for an identity and for no session. */
export interface LinkCodes {
  keep(
    identity: AuthenticatedIdentity,
    code: NewToken & CodeBinding & { clientId: string },
  ): Promise<void>
  /**
   * The identity, for one user: once, and with a challenge again until the code expires. A code that is
   * first shown with anything but its own binding is gone.
   */
  take(
    shown: { hash: Buffer; clientId: string } & CodeBinding,
    userId: string,
  ): Promise<AuthenticatedIdentity | null>
}

/** The identities of users, changed by their users' own wish. */
export interface Identities {
  /**
   * Makes an identity the user's, or refreshes it where it is already. Nothing moves where it is another
   * user's, or where the user has another one at its provider.
   */
  link(
    session: SessionRef & Asking,
    identity: AuthenticatedIdentity,
    reauthSeconds: Freshness['reauthSeconds'],
  ): Promise<
    | { outcome: 'linked' | 'refreshed'; account: Account }
    | { outcome: 'session_over' | 'sign_in_again' | 'identity_in_use' | 'provider_in_use' }
  >
  /**
   * Takes the user's identity at this provider away, as long as one at another provider stays, and ends
   * the sessions that it opened. Any number of these at once leave one.
   */
  unlink(
    session: SessionRef & Asking,
    provider: string,
    options: TakingAway,
  ): Promise<
    | { outcome: 'unlinked'; endedSessions: number }
    | { outcome: 'session_over' | 'sign_in_again' | 'not_found' | 'last_identity' }
  >
}
