import { mustSignInAgain } from '../core/kept-grant.ts'
import type { Grant, ProviderRow } from '../core/provider.ts'
import { clientAuth, type Registration } from './client-auth.ts'
import { type Refusable, readGrant } from './grant.ts'
import { endpoint, type Metadata } from './metadata.ts'
import { type Outbound, readBody } from './outbound.ts'

/** What a call about a grant stands on. */
export interface GrantCall {
  row: ProviderRow
  of: Metadata
  client: Registration
  outbound: Outbound
  signal: AbortSignal
}

/** A refresh token that is over: expired, revoked, or rotated away. */
const REFRESH_TOKEN: Refusable = {
  errors: (row) => row.refusedRefreshErrors,
  error: (evidence) => mustSignInAgain(evidence),
}

/**
 * New tokens for a refresh token (RFC 6749, section 6); one that brings no refresh token keeps the old
 * one. Throws `reauthentication_required` where the provider refuses it.
 */
export async function refreshGrant(
  { row, of, client, outbound, signal }: GrantCall,
  refreshToken: string,
): Promise<Grant> {
  const auth = clientAuth(of.clientAuth, client)
  const answer = await outbound.post(endpoint(of, 'token_endpoint'), 'refresh', {
    signal,
    headers: auth.headers,
    form: { grant_type: 'refresh_token', refresh_token: refreshToken, ...auth.form },
  })
  const grant = readGrant(row, answer.status, readBody(answer, 'refresh'), REFRESH_TOKEN)
  return { ...grant, refreshToken: grant.refreshToken ?? refreshToken }
}
