import type { Account } from './account.ts'
import type { LinkDecision } from './linking.ts'
import type { Profile } from './profile.ts'

/** The key of an identity: never an e-mail, a nickname or a handle. */
export interface IdentityKey {
  provider: string
  /** Empty where the provider has one realm of subjects only. */
  issuer: string
  subject: string
}

/** A session that is to be opened together with the login. */
export interface NewSession {
  /** UUIDv7. */
  id: string
  clientId: string
  /** Space separated, as granted. */
  scope: string
  userAgent: string | null
  address: string | null
  ttlSeconds: number
  refreshToken: { hash: Buffer; ttlSeconds: number }
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
   * nothing. Throws `access_denied` for a disabled user.
   */
  signIn(identity: IdentityKey, profile: Profile, session: NewSession): Promise<SignedIn>
}

/** Reads users. */
export interface Accounts {
  /** The user of a session that is alive, else null. */
  findBySession(userId: string, sessionId: string): Promise<Account | null>
}

/** Marks that make a flow single-use on all replicas. */
export interface FinishedFlows {
  /** True for the first caller with this id, false ever after. */
  finish(flowId: string, ttlSeconds: number): Promise<boolean>
}

/** A signing key at rest. */
export interface StoredSigningKey {
  kid: string
  alg: string
  /** The private JWK, sealed. */
  sealedJwk: string
  /** Milliseconds since 1970 by the database's clock. */
  signsFrom: number
  /** Until the last token it signed has expired, null while it may still sign. */
  publishedUntil: number | null
}

/** The ring of signing keys that all replicas share. */
export interface SigningKeys {
  /**
   * Reads the ring and lets `plan` change it, one replica at a time; gives the ring as it is then.
   * `now` is the database's clock in milliseconds.
   */
  update(
    plan: (
      ring: StoredSigningKey[],
      now: number,
    ) => Promise<{ add: StoredSigningKey[]; change: StoredSigningKey[]; remove: string[] }>,
  ): Promise<{ ring: StoredSigningKey[]; now: number }>
}
