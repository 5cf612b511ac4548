import type { IdentityKey } from '../identity/identity-key.ts'
import type { SessionRef } from '../identity/session-ref.ts'
import type { SealedTokens } from './provider-tokens.ts'

/** An identity with its stored tokens. */
export interface StoredProviderTokens extends IdentityKey {
  sealed: SealedTokens
}

/** The stored tokens of providers. */
export interface ProviderTokenStore {
  /**
   * The stored tokens of a user's identity at a provider, or null; and whether the session is
   * alive.
   */
  find(
    session: SessionRef,
    provider: string,
  ): Promise<{ isAlive: boolean; stored: StoredProviderTokens | null }>
  /**
   * Whether the caller may refresh the tokens: false while another one may, or if they were
   * replaced.
   */
  lease(stored: StoredProviderTokens, seconds: number): Promise<boolean>
  /**
   * Replaces the tokens that were read, and ends the lease; false if those were replaced already.
   */
  replace(stored: StoredProviderTokens, sealed: SealedTokens): Promise<boolean>
  /** Ends the lease. */
  release(stored: StoredProviderTokens): Promise<void>
  /** A page of all stored tokens, in the order of the identities' keys. */
  list(after: IdentityKey | null, limit: number): Promise<StoredProviderTokens[]>
  /** Replaces the tokens that were read by the same ones, sealed anew, unless they are leased. */
  reseal(stored: StoredProviderTokens, sealed: SealedTokens): Promise<boolean>
  /** Removes at most `limit` stored tokens of these providers; gives how many. */
  forget(providers: readonly string[], limit: number): Promise<number>
}
