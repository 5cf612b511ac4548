import type { IdentityKey } from './identity-key.ts'
import type { SealedGrant } from './kept-grant.ts'
import type { SessionRef } from './session-ref.ts'

/** An identity with what is kept of its grant. */
export interface StoredGrant extends IdentityKey {
  sealed: SealedGrant
}

/** What is kept of providers' tokens. */
export interface KeptGrants {
  /** What is kept of a user's identity at a provider, null for nothing; and whether the session is alive. */
  find(
    session: SessionRef,
    provider: string,
  ): Promise<{ isAlive: boolean; stored: StoredGrant | null }>
  /** Whether the caller may refresh the grant: false while another one may, or where it was replaced. */
  lease(stored: StoredGrant, seconds: number): Promise<boolean>
  /** Puts a grant in place of the one that was read, and ends the lease; false where that was replaced. */
  replace(stored: StoredGrant, sealed: SealedGrant): Promise<boolean>
  /** Ends the lease. */
  release(stored: StoredGrant): Promise<void>
  /** A page of all that is kept, in the order of the identities' keys. */
  list(after: IdentityKey | null, limit: number): Promise<StoredGrant[]>
  /** Puts the same grant, sealed anew, in place of the one that was read, unless it is leased. */
  reseal(stored: StoredGrant, sealed: SealedGrant): Promise<boolean>
  /** Removes what is kept at these providers, so many at most; how many. */
  forget(providers: readonly string[], limit: number): Promise<number>
}

/** A grant that waits to be revoked at its provider. */
export interface DueRevocation extends StoredGrant {
  id: string
  /** How often it was claimed, this time included. */
  attempts: number
  /** Seconds since the person left. */
  ageSeconds: number
}

/** A claim of a due revocation; a later claim ends it. */
type Claim = Pick<DueRevocation, 'id' | 'attempts'>

/** The outbox of grants to revoke, by the database's clock. */
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
  /** Replaces the grant of a claimed one. */
  replaceGrant(claim: Claim, sealed: SealedGrant): Promise<void>
  /** Makes a claimed one due again in a while. */
  postpone(claim: Claim, delaySeconds: number): Promise<void>
  /** Takes a claimed one out. */
  remove(claim: Claim): Promise<void>
}
