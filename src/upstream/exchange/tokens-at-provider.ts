import type { ProviderRow, ProviderTokenResponse } from '../../core/provider/provider.ts'
import {
  isFresh,
  mustSignInAgain,
  type ProviderTokens,
  type StoreTokens,
} from '../../core/provider/provider-tokens.ts'
import type { Metadata } from '../metadata/metadata.ts'
import type { ProviderCall } from '../provider-call.ts'
import { refreshTokensOf } from './refresh.ts'
import { revokeTokens } from './revoke.ts'

/** What can be done with a provider's tokens after the login. */
export interface TokensAtProvider {
  storeTokens: StoreTokens
  /** Whether there may be something to revoke when a person leaves. */
  mayRevoke: boolean
  /** Whether the tokens must be refreshed before they can be revoked. */
  needsRefreshToRevoke(tokens: ProviderTokens): boolean
  /**
   * Refreshed tokens of the same subject. Throws `reauthentication_required` where the provider
   * gives none.
   */
  refresh(tokens: ProviderTokens, subject: string, stop?: AbortSignal): Promise<ProviderTokens>
  /**
   * Revokes tokens at the provider; a grant that has already ended counts as revoked. False where
   * nothing can be revoked.
   */
  revoke(tokens: ProviderTokens, subject: string, stop?: AbortSignal): Promise<boolean>
}

/** The tokens at one provider; `keep` chooses which tokens of a login are stored. */
export function createTokensAtProvider(options: {
  row: ProviderRow
  storeTokens: StoreTokens
  /** Runs work at the provider under one deadline. */
  atProvider: <T>(
    work: (call: ProviderCall) => Promise<T>,
    options: { stop: AbortSignal | undefined },
  ) => Promise<T>
}): TokensAtProvider & {
  keep(response: ProviderTokenResponse, metadata: Metadata): ProviderTokens | null
} {
  const { row, storeTokens, atProvider } = options
  const { endpoint, token: taken } = row.revocation
  return {
    storeTokens,
    mayRevoke: storeTokens !== 'off' && (row.discovery || row.endpoints[endpoint] !== undefined),
    keep(response, { endpoints }) {
      if (storeTokens === 'on') {
        const idToken = endpoints.end_session_endpoint === undefined ? null : response.idToken
        return toKept(response, response.scope ?? (row.scopes.join(' ') || null), idToken)
      }
      if (storeTokens === 'off' || endpoints[endpoint] === undefined) return null
      const kept = toKept(response, null)
      // One token is enough for the revocation, and the refresh token lives longer.
      return taken === 'any' && kept.refreshToken !== null ? { ...kept, access: null } : kept
    },
    needsRefreshToRevoke: (tokens) =>
      taken === 'access_token' && tokens.refreshToken !== null && !isFresh(tokens),
    async refresh({ refreshToken, access }, subject, stop) {
      if (refreshToken === null) throw mustSignInAgain({ reason: 'no_refresh_token' })
      const kept = { refreshToken, scope: access?.scope ?? null }
      const work = (call: ProviderCall) => refreshTokensOf(call, kept, subject)
      const response = await atProvider(work, { stop })
      return toKept(response, response.scope ?? access?.scope ?? null, access?.idToken)
    },
    revoke: (tokens, subject, stop) =>
      atProvider((call) => revokeTokens(call, tokens, subject), { stop }),
  }
}

function toKept(
  response: ProviderTokenResponse,
  scope: string | null,
  idToken: string | null = null,
): ProviderTokens {
  const { accessToken: token, expiresInSeconds: seconds, refreshToken } = response
  const expiresAt = seconds === null ? null : Date.now() + seconds * 1000
  return { access: { token, expiresAt, scope, idToken }, refreshToken }
}
