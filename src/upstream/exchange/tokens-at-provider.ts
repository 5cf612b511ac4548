import type { ProviderRow, ProviderTokenResponse } from '../../core/provider/provider.ts'
import {
  isFresh,
  mustSignInAgain,
  type ProviderTokens,
  type StoreTokens,
} from '../../core/provider/provider-tokens.ts'
import type { Metadata } from '../metadata/metadata.ts'
import type { ProviderCall } from '../outbound/call.ts'
import { refreshTokensOf } from './refresh.ts'
import { revokeTokens } from './revoke.ts'

/** What becomes of a provider's tokens after the login that they came with. */
export interface TokensAtProvider {
  storeTokens: StoreTokens
  /** Whether there may be something to revoke when a person leaves. */
  mayRevoke: boolean
  /** Whether a revocation has to refresh the grant first. */
  needsRefreshToRevoke(grant: ProviderTokens): boolean
  /** Fresh tokens. Throws `reauthentication_required` where there are none to be had. */
  refresh(grant: ProviderTokens, stop?: AbortSignal): Promise<ProviderTokens>
  /** Ends the grant at the provider; one that is over there already is as good. */
  revoke(grant: ProviderTokens, subject: string, stop?: AbortSignal): Promise<void>
}

/** Grants at one provider; `keep` says what of the tokens of a login is kept. */
export function createTokensAtProvider(options: {
  row: ProviderRow
  storeTokens: StoreTokens
  /** Does work at the provider, within one deadline. */
  atProvider: <T>(work: (call: ProviderCall) => Promise<T>, stop?: AbortSignal) => Promise<T>
}): TokensAtProvider & {
  keep(grant: ProviderTokenResponse, metadata: Metadata): ProviderTokens | null
} {
  const { row, storeTokens, atProvider } = options
  const { endpoint, token: taken } = row.revocation
  return {
    storeTokens,
    mayRevoke: storeTokens !== 'off' && (row.discovery || row.endpoints[endpoint] !== undefined),
    keep(grant, { endpoints }) {
      if (storeTokens === 'on') {
        const idToken = endpoints.end_session_endpoint === undefined ? null : grant.idToken
        return toKept(grant, grant.scope ?? (row.scopes.join(' ') || null), idToken)
      }
      if (storeTokens === 'off' || endpoints[endpoint] === undefined) return null
      const kept = toKept(grant, null)
      // One token is enough, and the refresh token outlives the other.
      return taken === 'any' && kept.refreshToken !== null ? { ...kept, access: null } : kept
    },
    needsRefreshToRevoke: (grant) =>
      taken === 'access_token' && grant.refreshToken !== null && !isFresh(grant),
    async refresh({ refreshToken, access }, stop) {
      if (refreshToken === null) throw mustSignInAgain({ reason: 'no_refresh_token' })
      const grant = await atProvider((call) => refreshTokensOf(call, refreshToken), stop)
      return toKept(grant, grant.scope ?? access?.scope ?? null, access?.idToken)
    },
    revoke: (grant, subject, stop) =>
      atProvider((call) => revokeTokens(call, grant, subject), stop),
  }
}

function toKept(
  grant: ProviderTokenResponse,
  scope: string | null,
  idToken: string | null = null,
): ProviderTokens {
  const { accessToken: token, expiresInSeconds: seconds, refreshToken } = grant
  const expiresAt = seconds === null ? null : Date.now() + seconds * 1000
  return { access: { token, expiresAt, scope, idToken }, refreshToken }
}
