import type { Asker } from '../events/audit.ts'
import type { SealedTokens } from '../provider/provider-tokens.ts'
import type { CodeBinding } from '../tokens/token-store.ts'
import type { Account } from './account.ts'
import type { IdentityKey } from './identity-key.ts'
import type { LinkDecision } from './linking.ts'
import type { Profile } from './profile.ts'

/** An identity whose person has just signed in at its provider, and what the provider said. */
export interface AuthenticatedIdentity {
  key: IdentityKey
  profile: Profile
  /** The provider's tokens that are stored, sealed for this identity. */
  tokens: SealedTokens | null
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
  /**
   * When the person authenticated, signed by the provider: seconds since 1970; null where it does
   * not say.
   */
  authTime: number | null
  /** Begun with `prompt=none`: the person was not asked anything. */
  silent: boolean
  userAgent: string | null
  address: string | null
  /** Of the whole session; if it starts with a code, of the code. */
  ttlSeconds: number
  /** Null if the session starts with a code. */
  refreshToken: NewToken | null
  /** The one-time code that the client gets instead of tokens. */
  code?: NewCode
}

/** A secret that is stored as its SHA-256 hash. */
export interface NewToken {
  hash: Buffer
  ttlSeconds: number
}

/** Seconds in which a one-time code must be redeemed. */
export const CODE_SECONDS = 60

/** A one-time code, bound to what its client must present with it. */
export interface NewCode extends NewToken, CodeBinding {
  /** The client's nonce, for the ID token. */
  nonce: string | null
}

/** The result of a finished sign-in. */
export interface SignedIn {
  account: Account
  /** `known` for an identity that was seen before, else how it got its user. */
  decision: LinkDecision | { action: 'known' }
}

/** Users, identities and sessions, changed together. */
export interface SignIns {
  /** Whether an identity, by its subject or its former one, is this user's already. */
  isOf(identity: IdentityKey, formerSubject: string, userId: string): Promise<boolean>
  /**
   * Finds or makes identity and user, stores what the provider says now, and opens the session, all
   * or nothing. Throws `access_denied` for a disabled user. Without new tokens, those stored at an
   * earlier login stay; without a new refresh token, the stored one stays.
   */
  signIn(
    identity: IdentityKey,
    profile: Profile,
    session: NewSession,
    tokens?: SealedTokens | null,
    asker?: Asker | null,
  ): Promise<SignedIn>
}
