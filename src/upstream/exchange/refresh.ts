import type { ProviderRow, ProviderTokenResponse } from '../../core/provider/provider.ts'
import { mustSignInAgain } from '../../core/provider/provider-tokens.ts'
import { checkRefreshedIdToken } from '../id-token/refreshed-id-token.ts'
import { endpoint } from '../metadata/metadata.ts'
import { readBody } from '../outbound/read-answer.ts'
import type { ProviderCall } from '../provider-call.ts'
import { clientAuth } from './client-auth.ts'
import { type Refusable, readTokenResponse } from './token-response.ts'

/** How providers refuse a refresh token that expired, was revoked, or was replaced by rotation. */
const REFRESH_TOKEN: Refusable = {
  errors: (row) => row.refusedRefreshErrors,
  error: (evidence) => mustSignInAgain(evidence),
}

/** The name by which scopes are compared: of `https://graph.microsoft.com/Mail.Read` it is `mail.read`. */
const nameOf = (scope: string) => scope.slice(scope.lastIndexOf('/') + 1).toLowerCase()

/** Stands for every scope that an app may have at one of Microsoft's APIs; answers name those scopes. */
const ALL = '.default'

/** The scopes that the person granted: a scope that was added to the settings later would be refused with the whole refresh. */
function stillGranted({ scopes, offline }: ProviderRow, granted: string | null) {
  const names = new Set((granted ?? '').split(' ').map(nameOf))
  if (!scopes.some((scope) => names.has(nameOf(scope)))) return scopes
  const unnamed = (scope: string) => offline.scopes?.includes(scope) || nameOf(scope) === ALL
  return scopes.filter((scope) => names.has(nameOf(scope)) || unnamed(scope))
}

/** Parameters of the login that are repeated (RFC 6749, section 6, has the scope). */
function repeated({ row, callbackUrl }: ProviderCall, granted: string | null) {
  const { offline, scopeSeparator } = row
  if (offline.repeats === 'scope') return { scope: stillGranted(row, granted).join(scopeSeparator) }
  return offline.repeats === 'redirect_uri' ? { redirect_uri: callbackUrl } : null
}

/**
 * Refreshes tokens (RFC 6749, section 6), and gives the scope that they have. An answer without a
 * refresh token keeps the old one. Throws `reauthentication_required` where the provider refuses
 * the token, or the new tokens are another person's.
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
