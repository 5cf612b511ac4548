import type { Asking } from '../events/audit.ts'
import type { Freshness } from '../identity/accounts.ts'
import type { SessionRef } from '../identity/session-ref.ts'
import type { GrantedSession } from './token-store.ts'

/**
 * Why a session ends on request: a logout, a revocation, the user's list of sessions, or another
 * sign-in that replaces it.
 */
export type EndReason = 'signed_out' | 'revoked' | 'ended_by_user' | 'replaced'

/** The signed-in client instances of users. */
export interface Sessions {
  /**
   * The living sessions of a user, most recently used first; null if the asking session is not
   * alive.
   */
  list(session: SessionRef): Promise<StoredSession[] | null>
  /** Ends this session; gives whether there was one to end. */
  end(session: SessionRef & Asking, reason: EndReason): Promise<boolean>
  /**
   * Ends sessions of the asking session's user: one by its id, or all others. Gives how many; if
   * the asking session is over, ends nothing and gives null.
   */
  endByUser(asking: SessionRef & Asking, which: { id: string } | 'others'): Promise<number | null>
  /** The roles of a living session's user; null if the session is over. */
  rolesOf(session: SessionRef): Promise<readonly string[] | null>
  /**
   * Whether a session may be used for what cannot be undone; `stale`: its sign-in was too long ago.
   */
  standing(
    session: SessionRef,
    reauthSeconds: Freshness['reauthSeconds'],
  ): Promise<'fresh' | 'stale' | 'over'>
  /** Whether a session may still be used. */
  isAlive(session: SessionRef): Promise<boolean>
  /** Whether it has not ended; true also while its user is disabled. */
  isRunning(session: SessionRef): Promise<boolean>
  /** Whether this session exists and was opened in cookie mode. */
  isInCookies(session: SessionRef): Promise<boolean>
  /**
   * The session of a refresh token, if it has not ended, and whether the token has a successor by
   * now. The session is not alive while its user is disabled.
   */
  findByRefreshToken(
    hash: Buffer,
  ): Promise<(GrantedSession & { expiresAt: number; rotated: boolean; isAlive: boolean }) | null>
}

/** A session as its user sees it; times are ISO 8601. */
export interface StoredSession {
  id: string
  client_id: string
  provider: string
  user_agent: string | null
  address: string | null
  created_at: string
  last_used_at: string
  expires_at: string
}
