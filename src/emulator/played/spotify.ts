import { type Answer, bearerOf, endpoint, profileAnswer } from '../http.ts'
import type { Grant } from '../login/codes.ts'
import { commonAuthorizeFault, commonTokenFault, oauthError } from '../login/faults.ts'
import { emailOf, type Persona, stableBase64url, stableHex } from '../personas.ts'
import type { AuthorizeFault, FaultWords, PlayedProvider, TokenFault } from '../provider.ts'
import { askedScopes } from './asked-scopes.ts'

const known = ['user-read-email', 'user-read-private']

/**
 * Spotify: OAuth 2 and `/v1/me` (developer.spotify.com/documentation/web-api). Unlike the real one,
 * which wants https or a loopback IP literal, it takes `localhost` as a redirect URI.
 */
export const spotify: PlayedProvider = {
  id: 'spotify',
  name: 'Spotify',
  client: { id: stableHex(32, 'spotify', 'client'), secret: stableHex(32, 'spotify', 'secret') },
  authorizePath: '/authorize',
  tokenPath: '/api/token',
  settings: ({ url }) => ({ USERINFO_ENDPOINT: `${url}/v1/me` }),
  lives: { code: 600, accessToken: 3600 },
  clientAuth: ['basic'],
  // A public client names itself in the body and brings PKCE, at a refresh from the login.
  secretOptional: ({ ledger }, form) =>
    form.client_id !== undefined &&
    (form.code_verifier !== undefined ||
      withPkce(ledger.findRefreshToken(form.refresh_token ?? ''))),
  refreshing: (grant) => (withPkce(grant) ? 'replaced' : 'kept'),
  scopes: (requested) => {
    const asked = askedScopes(requested)
    return asked.every((scope) => known.includes(scope)) ? asked : null
  },
  emailScopes: ['user-read-email'],
  denied: 'error=access_denied',
  ownHints: { '!not-registered': {}, '!development-mode': {}, '!without-account-id': {} },
  authorizeFault,
  givesRefreshToken: () => true,
  tokenBody: (_stage, grant, issued, refreshed) => ({
    access_token: issued.accessToken,
    token_type: 'Bearer',
    expires_in: issued.expiresIn,
    // Without one, the old one stays.
    ...(refreshed && !withPkce(grant) ? {} : { refresh_token: issued.refreshToken }),
    scope: grant.scopes.join(' '),
  }),
  tokenFault,
  routes: (app, stage) => {
    endpoint(app, ['GET'], '/v1/me', (request) => {
      const bearer = bearerOf(request, stage)
      if (bearer?.grant.failure === '!not-registered') return notRegistered
      return bearer ? profileAnswer(bearer, me(bearer.grant)) : invalidToken
    })
  },
}

function withPkce(grant: Grant | null): boolean {
  return grant?.request.code_challenge !== undefined
}

/** The document of `/v1/me`: it says of no address whether it is verified. */
function me({ persona, scopes, failure }: Grant): Record<string, unknown> {
  const id = `${persona.id}emulated`
  // In development mode these fields are gone, whatever was agreed to.
  const isOpen = failure !== '!development-mode'
  const email = isOpen && scopes.includes('user-read-email') ? emailOf('spotify', persona) : null
  const isOlder = persona.id === 'robin' || failure === '!without-account-id'
  const accountId = stableBase64url('spotify', persona.id).slice(0, 22)
  return {
    // Newer than the rest, and not in every document yet.
    ...(isOlder ? {} : { account_id: accountId }),
    id,
    display_name: persona.id === 'sora' ? null : persona.name,
    ...(email === null ? {} : { email }),
    images: imagesOf(persona),
    ...(isOpen && scopes.includes('user-read-private')
      ? { country: 'SE', product: 'premium' }
      : {}),
    external_urls: { spotify: `https://open.spotify.example/user/${id}` },
    href: `https://api.spotify.example/v1/users/${id}`,
    uri: `spotify:user:${id}`,
    type: 'user',
  }
}

/** The largest is not the first; of some the size is not known; there may be none. */
function imagesOf(persona: Persona) {
  const image = (side: number | null) => ({
    url: `https://i.scdn.example/image/${persona.id}-${side ?? 'unknown'}`,
    height: side,
    width: side,
  })
  if (!persona.picture) return []
  return persona.id === 'yuki' ? [image(null)] : [image(64), image(300)]
}

function authorizeFault(fault: AuthorizeFault): FaultWords {
  const words = commonAuthorizeFault(fault)
  const codes: Partial<Record<AuthorizeFault, string>> = {
    unknown_client: 'INVALID_CLIENT: Invalid client',
    redirect_uri: 'INVALID_CLIENT: Invalid redirect URI',
    scope: 'INVALID_SCOPE: Invalid scope',
  }
  return { ...words, code: codes[fault] ?? words.code }
}

function tokenFault(fault: TokenFault, given: string): Answer {
  const own: Partial<Record<TokenFault, Answer>> = {
    unknown_client: oauthError(400, 'invalid_client', 'Invalid client'),
    secret: oauthError(400, 'invalid_client', 'Invalid client secret'),
    code: oauthError(400, 'invalid_grant', 'Invalid authorization code'),
    redirect_uri: oauthError(400, 'invalid_grant', 'Invalid redirect URI'),
    verifier: oauthError(400, 'invalid_grant', 'code_verifier was incorrect'),
    refresh_token: oauthError(400, 'invalid_grant', 'Invalid refresh token'),
  }
  return own[fault] ?? commonTokenFault(fault, given)
}

/** The person is not among the five whom an app in development mode may have. */
const notRegistered: Answer = {
  status: 403,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: 'Check settings on developer.spotify.com/dashboard, the user may not be registered.',
}

/** The API's envelope, where the token endpoint has plain text under `error`. */
const invalidToken: Answer = {
  status: 401,
  body: { error: { status: 401, message: 'Invalid access token' } },
}
