import type { Asker, Asking } from './events/audit.ts'
import type { Account } from './identity/account.ts'
import type { IdentityKey } from './identity/identity-key.ts'
import type { LinkDecision } from './identity/linking.ts'
import type { Profile } from './identity/profile.ts'
import type { SessionRef } from './identity/session-ref.ts'
import type { SealedTokens } from './provider/provider-tokens.ts'
import type { CodeBinding, GrantedSession } from './tokens/token-store.ts'

/** An identity whose person has just signed in at its provider, and what the provider said. */
export interface AuthenticatedIdentity {
  key: IdentityKey
  profile: Profile
  /** What is kept of the tokens that it gave, sealed for this identity. */
  grant: SealedTokens | null
}

/** A session that is to be opened together with the login. */
export interface NewSession {
  /** UUIDv7. */
  id: string
  clientId: string
  /** Space separated, as granted. */
  scope: string
  /** The one API that its tokens are for (RFC 8707); null for the usual audience. */
  resource: string | null
  /** Whether its tokens live in cookies. */
  cookieMode: boolean
  /** When the person authenticated, as the provider signed it: seconds since 1970; null where it told none. */
  authTime: number | null
  /** Begun with `prompt=none`: nobody was asked. */
  silent: boolean
  userAgent: string | null
  address: string | null
  /** Of the whole session; where it starts with a code, of the code. */
  ttlSeconds: number
  /** Null where the session starts with a code. */
  refreshToken: NewToken | null
  /** The one-time code that the client gets in place of tokens. */
  code?: NewCode
}

/** A secret that is stored as its SHA-256 hash. */
export interface NewToken {
  hash: Buffer
  ttlSeconds: number
}

/** Seconds in which a one-time code must be redeemed. */
export const CODE_SECONDS = 60

/** A one-time code, bound to what its client must show again. */
export interface NewCode extends NewToken, CodeBinding {
  /** The client's nonce, for the ID token. */
  nonce: string | null
}

/** What a finished sign-in gives back. */
export interface SignedIn {
  account: Account
  /** `known` for an identity seen before, else how it found its user. */
  decision: LinkDecision | { action: 'known' }
}

/** Users, identities and sessions, changed together. */
export interface SignIns {
  /**
   * Finds or makes identity and user, refreshes what the provider says, opens the session. All or
   * nothing. Throws `access_denied` for a disabled user. Without a grant what is kept of an earlier
   * one stays, and without a refresh token its refresh token.
   */
  signIn(
    identity: IdentityKey,
    profile: Profile,
    session: NewSession,
    grant?: SealedTokens | null,
    asker?: Asker | null,
  ): Promise<SignedIn>
}

/** What a user may change of the own account; null goes back to what the provider says. */
export interface AccountEdits {
  name?: string | null | undefined
  picture?: string | null | undefined
  locale?: string | null | undefined
}

/** How long ago a person may have signed in for what cannot be undone; null: however long. */
export interface Freshness {
  reauthSeconds: number | null
}

/** Takes identities away: what is kept of grants at the `revocable` providers goes to the outbox. */
export interface TakingAway extends Freshness {
  revocable: readonly string[]
}

/** Reads and edits users. */
export interface Accounts {
  /** The same as JSON text, for an answer that is sent on as it is. */
  findJsonBySession(session: SessionRef): Promise<string | null>
  /** The user of a session that is alive, else null. */
  findBySession(session: SessionRef): Promise<Account | null>
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

/** Why a session ends at somebody's wish: a logout, a revocation, the user's list, another sign-in in its place. */
export type EndReason = 'signed_out' | 'revoked' | 'ended_by_user' | 'replaced'

/** The signed-in client instances of users. */
export interface Sessions {
  /** The living sessions of a user, last used first; null where the asking one is not alive. */
  list(session: SessionRef): Promise<StoredSession[] | null>
  /** Ends one session of this user; whether there was one to end. */
  end(session: SessionRef & Asking, reason: EndReason): Promise<boolean>
  /** Ends all sessions of this user but one; how many. */
  endOthers(kept: SessionRef & Asking, reason: EndReason): Promise<number>
  /** The roles of a living session's user; null where it is over. */
  rolesOf(session: SessionRef): Promise<readonly string[] | null>
  /** Whether a session may be used for what cannot be undone: `stale` where it began too long ago. */
  standing(
    session: SessionRef,
    reauthSeconds: Freshness['reauthSeconds'],
  ): Promise<'fresh' | 'stale' | 'over'>
  /** Whether a session may still be used. */
  isAlive(session: SessionRef): Promise<boolean>
  /** Whether there is such a session that was opened in cookie mode. */
  isInCookies(session: SessionRef): Promise<boolean>
  /** The living session of a refresh token, and whether the token has a successor by now. */
  findByRefreshToken(
    hash: Buffer,
  ): Promise<(GrantedSession & { expiresAt: number; rotated: boolean }) | null>
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

/** What became of a flow that was finished before. */
export type FlowOutcome =
  /** Whoever finishes it has no answer yet. */
  | { is: 'under_way' }
  | { is: 'failed'; failure: { error: string; error_description: string } }
  | { is: 'linked' }
  /** Its session, and the hash of what it gave: a code, else a refresh token. */
  | { is: 'signed_in'; userId: string; authTime: number | null; tokenHash: Buffer }
  /** A minute ago, or lost. */
  | { is: 'over' }

/** Marks that make a flow single-use on all replicas. */
export interface UsedFlows {
  /** True for the first caller with this id, false ever after. */
  finish(flowId: string, ttlSeconds: number): Promise<boolean>
  /** Keeps how a flow failed, for whoever brings it again. */
  fail(flowId: string, failure: { error: string; error_description: string }): Promise<void>
  /** What became of a flow within the last minute, found by what it was to issue. */
  find(flowId: string, issued: { sessionId: string; linkCode: Buffer }): Promise<FlowOutcome>
}

/** How often something was asked for, by a key that says what and by whom; all replicas count together. */
export interface RequestCounts {
  /**
   * Counts one request. `count` includes it, within a window that its first request opened and that
   * ends in `endsInMs` by the database's clock. Rejects within two seconds where the database is
   * away or slow.
   */
  count(key: string, windowSeconds: number): Promise<{ count: number; endsInMs: number }>
}
