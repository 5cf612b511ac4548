import { type Evidence, LatchkeyError } from '../errors.ts'
import type { IdentityKey } from '../identity/identity-key.ts'
import type { Sealer } from '../secrets.ts'

/**
 * Whether a provider's tokens are stored: `on`: to hand them out and to revoke them; `to_revoke`:
 * only to revoke them; `off`: not at all.
 */
export type StoreTokens = 'on' | 'to_revoke' | 'off'

/** The stored tokens of a provider; at least one of them is there. */
export interface ProviderTokens {
  access: ProviderAccessToken | null
  refreshToken: string | null
}

/** An access token of a provider. */
export interface ProviderAccessToken {
  token: string
  /** Milliseconds since 1970, null where the provider gave no expiry. */
  expiresAt: number | null
  /** Space separated, null where the provider named none. */
  scope: string | null
  /** The ID token that came along, for the provider's own logout; null where it has none. */
  idToken?: string | null
}

/** An access token with less than this left is refreshed before it is used. */
const FRESH_FOR_MS = 60_000

/** Whether there is an access token that stays valid for a while. */
export const isFresh = ({ access }: ProviderTokens): boolean =>
  access !== null && (access.expiresAt === null || access.expiresAt > Date.now() + FRESH_FOR_MS)

/**
 * These tokens sealed, each by itself, null where there is none: a login that brings no refresh
 * token replaces the access token and leaves the refresh token of an earlier login.
 */
export interface SealedTokens {
  access: string | null
  refreshToken: string | null
}

/** Seals tokens for an identity: what was sealed for one does not open for another. */
export interface TokenSealer {
  seal(tokens: ProviderTokens, identity: IdentityKey): SealedTokens
  /** Opens sealed tokens; null if none of them can be opened. */
  open(sealed: SealedTokens, identity: IdentityKey): ProviderTokens | null
  /** Whether one of them was sealed with a SECRET that is no longer the first. */
  isStale(sealed: SealedTokens): boolean
}

/** A sealer of tokens, made from a sealer for this one purpose. */
export function createTokenSealer(sealer: Sealer): TokenSealer {
  const context = (part: keyof SealedTokens, { provider, issuer, subject }: IdentityKey) =>
    JSON.stringify([part, provider, issuer, subject])
  return {
    seal: ({ access, refreshToken }, identity) => ({
      access: access === null ? null : sealer.seal(toText(access), context('access', identity)),
      refreshToken:
        refreshToken === null ? null : sealer.seal(refreshToken, context('refreshToken', identity)),
    }),
    open(sealed, identity) {
      const opened = (part: keyof SealedTokens) => {
        const text = sealed[part]
        return text === null ? null : sealer.open(text, context(part, identity))
      }
      const [text, refreshToken] = [opened('access'), opened('refreshToken')]
      if (text === null && refreshToken === null) return null
      return { access: text === null ? null : fromText(text), refreshToken }
    },
    isStale: ({ access, refreshToken }) =>
      [access, refreshToken].some((part) => part !== null && sealer.isStale(part)),
  }
}

const toText = ({ token, expiresAt, scope, idToken = null }: ProviderAccessToken) =>
  JSON.stringify(idToken === null ? [token, expiresAt, scope] : [token, expiresAt, scope, idToken])

function fromText(text: string): ProviderAccessToken {
  const [token, expiresAt, scope, idToken = null] = JSON.parse(text)
  return { token, expiresAt, scope, idToken }
}

/**
 * The error for tokens that the provider refuses to refresh until the person signs in there again.
 */
export const mustSignInAgain = (evidence: Evidence) =>
  new LatchkeyError(
    'reauthentication_required',
    'The provider gives no more tokens for this person until they sign in there again.',
    { evidence },
  )
