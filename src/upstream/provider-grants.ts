import { isFresh, type KeptGrant, mustSignInAgain, type StoreTokens } from '../core/kept-grant.ts'
import type { Grant, ProviderRow } from '../core/provider.ts'
import type { Registration } from './client-auth.ts'
import type { Metadata } from './metadata.ts'
import type { Outbound } from './outbound.ts'
import { type GrantCall, refreshGrant } from './refresh.ts'
import { revokeGrant } from './revoke.ts'

/** What becomes of a provider's tokens after the login that they came with. */
export interface ProviderGrants {
  storeTokens: StoreTokens
  /** Whether there may be something to revoke when a person leaves. */
  mayRevoke: boolean
  /** Whether a revocation has to refresh the grant first. */
  needsRefreshToRevoke(grant: KeptGrant): boolean
  /** Fresh tokens. Throws `reauthentication_required` where there are none to be had. */
  refresh(grant: KeptGrant, signal: AbortSignal): Promise<KeptGrant>
  /** Ends the grant at the provider; one that is over there already is as good. */
  revoke(grant: KeptGrant, subject: string, signal: AbortSignal): Promise<void>
}

/** Grants at one provider; `keep` says what of the tokens of a login is kept. */
export function createProviderGrants(options: {
  row: ProviderRow
  storeTokens: StoreTokens
  metadata: (signal: AbortSignal) => Promise<Metadata>
  client: () => Promise<Registration>
  outbound: Outbound
}): ProviderGrants & { keep(grant: Grant, of: Metadata): KeptGrant | null } {
  const { row, storeTokens, outbound } = options
  const { endpoint, token: taken } = row.revocation
  const callAt = async (signal: AbortSignal): Promise<GrantCall> => ({
    ...{ row, outbound, signal },
    of: await options.metadata(signal),
    client: await options.client(),
  })
  return {
    storeTokens,
    mayRevoke: storeTokens !== 'off' && (row.discovery || row.endpoints[endpoint] !== undefined),
    keep(grant, of) {
      if (storeTokens === 'on') return toKept(grant, grant.scope ?? row.scopes.join(' '))
      if (storeTokens === 'off' || of.endpoints[endpoint] === undefined) return null
      const kept = toKept(grant, null)
      // One token is enough, and the refresh token outlives the other.
      return taken === 'any' && kept.refreshToken !== null ? { ...kept, access: null } : kept
    },
    needsRefreshToRevoke: (grant) =>
      taken === 'access_token' && grant.refreshToken !== null && !isFresh(grant),
    async refresh({ refreshToken, access }, signal) {
      if (refreshToken === null) throw mustSignInAgain({ reason: 'no_refresh_token' })
      const grant = await refreshGrant(await callAt(signal), refreshToken)
      return toKept(grant, grant.scope ?? access?.scope ?? null)
    },
    async revoke(grant, subject, signal) {
      await revokeGrant(await callAt(signal), grant, subject)
    },
  }
}

function toKept(grant: Grant, scope: string | null): KeptGrant {
  const { accessToken: token, expiresInSeconds: seconds, refreshToken } = grant
  const expiresAt = seconds === null ? null : Date.now() + seconds * 1000
  return { access: { token, expiresAt, scope }, refreshToken }
}
