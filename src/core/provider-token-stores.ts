import type { IdentityKey } from './identity-key.ts'
import type { SealedTokens } from './provider-tokens.ts'
import type { SessionRef } from './session-ref.ts'

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

/** Tokens that wait to be revoked at its provider. */
export interface DueRevocation extends StoredProviderTokens {
  id: string
  /** How often it was claimed, this time included. */
  attempts: number
  /** Seconds since the person left. */
  ageSeconds: number
}

/** A claim of a due revocation; a later claim ends it. */
type Claim = Pick<DueRevocation, 'id' | 'attempts'>

/** The outbox of tokens to revoke, by the database's clock. */
export interface Revocations {
  /**
   * Claims what is due, for `leaseSeconds`: until then no replica gets it again. Providers in `except`
   * are left out.
   */
  claim(options: {
    limit: number
    leaseSeconds: number
    except: readonly string[]
  }): Promise<DueRevocation[]>
  /** Replaces the tokens of a claimed one. */
  replaceTokens(claim: Claim, sealed: SealedTokens): Promise<void>
  /** Makes a claimed one due again in a while. */
  postpone(claim: Claim, delaySeconds: number): Promise<void>
  /** Takes a claimed one out. */
  remove(claim: Claim): Promise<void>
}
