import type { IdentityKey } from '../identity/identity-key.ts'
import type { SessionRef } from '../identity/session-ref.ts'
import type { SealedTokens } from './provider-tokens.ts'

/** An identity with what is kept of its tokens. */
export interface StoredProviderTokens extends IdentityKey {
  sealed: SealedTokens
}

/** What is kept of providers' tokens. */
export interface ProviderTokenStore {
  /** What is kept of a user's identity at a provider, null for nothing; and whether the session is alive. */
  find(
    session: SessionRef,
    provider: string,
  ): Promise<{ isAlive: boolean; stored: StoredProviderTokens | null }>
  /** Whether the caller may refresh the tokens: false while another one may, or where it was replaced. */
  lease(stored: StoredProviderTokens, seconds: number): Promise<boolean>
  /** Puts tokens in place of those that were read, and ends the lease; false where those were replaced. */
  replace(stored: StoredProviderTokens, sealed: SealedTokens): Promise<boolean>
  /** Ends the lease. */
  release(stored: StoredProviderTokens): Promise<void>
  /** A page of all that is kept, in the order of the identities' keys. */
  list(after: IdentityKey | null, limit: number): Promise<StoredProviderTokens[]>
  /** Puts the same tokens, sealed anew, in place of those that were read, unless they are leased. */
  reseal(stored: StoredProviderTokens, sealed: SealedTokens): Promise<boolean>
  /** Removes what is kept at these providers, so many at most; how many. */
  forget(providers: readonly string[], limit: number): Promise<number>
}
