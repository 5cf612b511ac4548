import type { ProviderRow, ProviderTokenResponse } from '../../core/provider/provider.ts'
import { mustSignInAgain } from '../../core/provider/provider-tokens.ts'
import { checkRefreshedIdToken } from '../id-token/refreshed-id-token.ts'
import { endpoint } from '../metadata/metadata.ts'
import { readBody } from '../outbound/read-answer.ts'
import type { ProviderCall } from '../provider-call.ts'
import { clientAuth } from './client-auth.ts'
import { type Refusable, readTokenResponse } from './token-response.ts'

/** A refresh token that is over: expired, revoked, or rotated away. */
const REFRESH_TOKEN: Refusable = {
  errors: (row) => row.refusedRefreshErrors,
  error: (evidence) => mustSignInAgain(evidence),
}

/** By what a scope is told: `https://graph.microsoft.com/Mail.Read` as `Mail.Read`, in any case. */
const nameOf = (scope: string) => scope.slice(scope.lastIndexOf('/') + 1).toLowerCase()

/** All that an app may have at one of Microsoft's APIs; an answer names what that is. */
const ALL = '.default'

/** Those scopes that the person granted: for one that the settings have since, the provider refuses the whole grant. */
function stillGranted({ scopes, offline }: ProviderRow, granted: string | null) {
  const names = new Set((granted ?? '').split(' ').map(nameOf))
  if (!scopes.some((scope) => names.has(nameOf(scope)))) return scopes
  const unnamed = (scope: string) => offline.scopes?.includes(scope) || nameOf(scope) === ALL
  return scopes.filter((scope) => names.has(nameOf(scope)) || unnamed(scope))
}

/** What of the login is said again (RFC 6749, section 6, has the scope). */
function repeated({ row, callbackUrl }: ProviderCall, granted: string | null) {
  const { offline, scopeSeparator } = row
  if (offline.repeats === 'scope') return { scope: stillGranted(row, granted).join(scopeSeparator) }
  return offline.repeats === 'redirect_uri' ? { redirect_uri: callbackUrl } : null
}

/**
 * New tokens for a refresh token (RFC 6749, section 6) and the scope that its tokens have; one that brings no refresh token keeps the old
 * one. Throws `reauthentication_required` where the provider refuses it, and where they are not of this
 * subject.
 */
export async function refreshTokensOf(
  call: ProviderCall,
  { refreshToken, scope }: { refreshToken: string; scope: string | null },
  subject: string,
): Promise<ProviderTokenResponse> {
  const { row, metadata, registration, outbound, deadline } = call
  const auth = await clientAuth(metadata, registration)
  const answer = await outbound.post(endpoint(metadata, 'token_endpoint'), 'refresh', {
    deadline,
    headers: auth.headers,
    form: Object.assign(
      { grant_type: 'refresh_token', refresh_token: refreshToken },
      repeated(call, scope),
      auth.form,
    ),
  })
  const response = readTokenResponse(row, answer.status, readBody(answer, 'refresh'), REFRESH_TOKEN)
  await checkRefreshedIdToken(call, response, subject)
  return { ...response, refreshToken: response.refreshToken ?? refreshToken }
}
