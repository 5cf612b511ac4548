import type { Asking } from '../events/audit.ts'
import type { CodeBinding, PresentedCode } from '../tokens/token-store.ts'
import type { Account } from './account.ts'
import type { Freshness, TakingAway } from './accounts.ts'
import type { SessionRef } from './session-ref.ts'
import type { AuthenticatedIdentity, NewToken } from './sign-ins.ts'

/** An identity that a code stands for, and when it was proven. */
export type ProvenIdentity = AuthenticatedIdentity & { provenAt: string }

/** One-time codes that stand for an identity and for no session. */
export interface LinkCodes {
  keep(
    identity: AuthenticatedIdentity,
    code: NewToken & CodeBinding & { clientId: string },
  ): Promise<void>
  /**
   * Gives the identity to one user: once, and if the code has a challenge, again until the code
   * expires or the user removes that identity. A code that is first presented with another binding
   * than its own is used up.
   */
  take(presented: PresentedCode, userId: string): Promise<ProvenIdentity | null>
}

/** The identities of users, changed at their users' own request. */
export interface Identities {
  /**
   * Links an identity to the user, or refreshes it where it is the user's already. If it is another
   * user's, or the user has another one at its provider, it is not linked. Nothing changes where it
   * has been linked or signed in with since it was proven (a code that is presented again).
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
   * Removes the user's identity at this provider, as long as one at another provider stays, and
   * ends the sessions that it opened. Any number of these calls at once leave one identity.
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
