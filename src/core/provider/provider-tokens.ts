import { type Evidence, LatchkeyError } from '../errors.ts'
import type { IdentityKey } from '../identity/identity-key.ts'
import type { Sealer } from '../secrets.ts'

/**
 * Whether a provider's tokens are kept: `on` to hand them out and to revoke them, `to_revoke` for
 * nothing but the latter, `off` not at all.
 */
export type StoreTokens = 'on' | 'to_revoke' | 'off'

/** What is kept of the tokens that a provider gave; at least one of them is there. */
export interface ProviderTokens {
  access: ProviderAccessToken | null
  refreshToken: string | null
}

/** An access token of a provider. */
export interface ProviderAccessToken {
  token: string
  /** Milliseconds since 1970, null where the provider named no end. */
  expiresAt: number | null
  /** Space separated, null where the provider named none. */
  scope: string | null
  /** The ID token that came along, for the provider's own logout; null where it has none. */
  idToken?: string | null
}

/** An access token with less than this left is refreshed before it is used. */
const FRESH_FOR_MS = 60_000

/** Whether there is an access token that lives on for a while. */
export const isFresh = ({ access }: ProviderTokens): boolean =>
  access !== null && (access.expiresAt === null || access.expiresAt > Date.now() + FRESH_FOR_MS)

/**
 * These tokens sealed, each part by itself and null where there is none: a login without a refresh
 * token replaces the access token and leaves the refresh token that an earlier one brought.
 */
export interface SealedTokens {
  access: string | null
  refreshToken: string | null
}

/** Seals tokens for one identity each: what was sealed for one opens for no other. */
export interface TokenSealer {
  seal(tokens: ProviderTokens, identity: IdentityKey): SealedTokens
  /** What was sealed, opened; null where no part of it can be. */
  open(sealed: SealedTokens, identity: IdentityKey): ProviderTokens | null
  /** Whether a part of it was sealed by a secret that is no longer the first. */
  isStale(sealed: SealedTokens): boolean
}

/** Tokens under a sealer of their own purpose. */
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

/** The provider gives no more tokens until the person has been there again. */
export const mustSignInAgain = (evidence: Evidence) =>
  new LatchkeyError(
    'reauthentication_required',
    'The provider gives no more tokens for this person until they sign in there again.',
    { evidence },
  )
