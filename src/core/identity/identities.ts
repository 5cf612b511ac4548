import type { Asking } from '../events/audit.ts'
import type { CodeBinding, PresentedCode } from '../tokens/token-store.ts'
import type { Account } from './account.ts'
import type { Freshness, TakingAway } from './accounts.ts'
import type { SessionRef } from './session-ref.ts'
import type { AuthenticatedIdentity, NewToken } from './sign-ins.ts'

/** An identity that a code stands for, and since when. */
export type ProvenIdentity = AuthenticatedIdentity & { provenAt: string }

/** One-time codes that stand for an identity and for no session. */
export interface LinkCodes {
  keep(
    identity: AuthenticatedIdentity,
    code: NewToken & CodeBinding & { clientId: string },
  ): Promise<void>
  /**
   * The identity, for one user: once, and with a challenge again until the code expires or the user
   * takes that identity away. A code that is first shown with anything but its own binding is gone.
   */
  take(presented: PresentedCode, userId: string): Promise<ProvenIdentity | null>
}

/** The identities of users, changed by their users' own wish. */
export interface Identities {
  /**
   * Makes an identity the user's, or refreshes it where it is already. Nothing moves where it is another
   * user's, or where the user has another one at its provider, and nothing changes where it has been
   * linked or signed in with since it was proven (a code that comes again).
   */
  link(
    session: SessionRef & Asking,
    identity: AuthenticatedIdentity & Partial<ProvenIdentity>,
    reauthSeconds: Freshness['reauthSeconds'],
  ): Promise<
    | { outcome: 'linked' | 'refreshed' | 'unchanged'; account: Account }
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
