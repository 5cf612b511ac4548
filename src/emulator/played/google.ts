import { send } from '../events/deliver.ts'
import {
  type Answer,
  bearerOf,
  endpoint,
  formOf,
  profileAnswer,
  rawQuery,
  singleValues,
} from '../http.ts'
import { type Grant, type Issued, randomToken } from '../login/codes.ts'
import { commonAuthorizeFault, commonTokenFault, oauthError } from '../login/faults.ts'
import { atHash, discovery, idToken } from '../login/oidc.ts'
import { stableDigits, stableHex } from '../personas.ts'
import type { AuthorizeFault, FaultWords, PlayedProvider, TokenFault } from '../provider.ts'
import type { Stage } from '../stage.ts'
import { askedScopes } from './asked-scopes.ts'
import { googleEvents, riscIssuer, verificationOf } from './events/google.ts'
import { addRiscStream } from './events/google-stream.ts'
import { emailScope, googleClaims, profileScope } from './profiles/google.ts'

const iosClientId = `${stableDigits(12, 'google', 'project')}-ios.apps.googleusercontent.com`
const scopes: Record<string, string> = {
  openid: 'openid',
  email: emailScope,
  profile: profileScope,
  [emailScope]: emailScope,
  [profileScope]: profileScope,
}

/** Google: OpenID Connect by discovery (developers.google.com/identity/openid-connect/reference). */
export const google: PlayedProvider = {
  id: 'google',
  name: 'Google',
  client: {
    id: `${stableDigits(12, 'google', 'project')}-emulated.apps.googleusercontent.com`,
    secret: stableHex(40, 'google', 'secret'),
  },
  authorizePath: '/o/oauth2/v2/auth',
  tokenPath: '/token',
  settings: ({ url }) => ({
    ISSUER: url,
    USERINFO_ENDPOINT: `${url}/v1/userinfo`,
    JWKS_URI: `${url}/oauth2/v3/certs`,
    REVOCATION_ENDPOINT: `${url}/revoke`,
    TOKEN_INFO_ENDPOINT: `${url}/tokeninfo`,
    NATIVE_CLIENT_IDS: iosClientId,
    RISC_CONFIGURATION: `${url}/.well-known/risc-configuration`,
    RISC_STREAM_ENDPOINT: `${url}/v1beta/stream`,
  }),
  lives: {
    code: 600,
    accessToken: 3599,
    newCode: () => `4/0${randomToken()}`,
    newAccessToken: () => `ya29.${randomToken()}`,
  },
  clientAuth: ['basic', 'post'],
  idTokens: true,
  // Granted scopes come back as URLs, whatever form was asked for.
  scopes: (requested) => {
    const asked = askedScopes(requested)
    const known = asked.map((scope) => (Object.hasOwn(scopes, scope) ? scopes[scope] : undefined))
    if (known.length === 0) return null
    return known.every((scope) => scope !== undefined) ? [...new Set(known)] : null
  },
  emailScopes: [emailScope],
  denied: 'error=access_denied',
  ownHints: { '!denied-without-iss': { answers: 'error=access_denied', withoutIss: true } },
  silent: {
    login_required: 'error=login_required',
    consent_required: 'error=consent_required',
    interaction_required: 'error=interaction_required',
  },
  callback: ({ url }) => ({ iss: url }),
  authorizeFault,
  // Asked for by `access_type`, and given only where the person is asked to agree.
  givesRefreshToken: ({ request, isFirst }) =>
    request.access_type === 'offline' &&
    (isFirst || (request.prompt ?? '').split(' ').includes('consent')),
  tokenBody: async (stage, grant, issued, refreshed) => ({
    access_token: issued.accessToken,
    expires_in: issued.expiresIn,
    scope: grant.scopes.join(' '),
    token_type: 'Bearer',
    ...(grant.scopes.includes('openid')
      ? { id_token: await idToken(google, stage, grant, 3600, idClaims(grant, issued)) }
      : {}),
    ...(issued.refreshToken && !refreshed ? { refresh_token: issued.refreshToken } : {}),
  }),
  tokenFault,
  native: {
    scope: 'openid email profile',
    accessTokens: true,
    // Android's are for our server and name the app that asked; iOS's are for the app.
    claims: (_stage, grant, issued, { platform }) => ({
      ...googleClaims(grant),
      aud: platform === 'ios' ? iosClientId : google.client.id,
      azp: platform === 'ios' ? iosClientId : `android-${google.client.id}`,
      at_hash: atHash(issued.accessToken),
    }),
  },
  events: googleEvents,
  routes: (app, stage) => {
    endpoint(app, ['GET'], '/.well-known/risc-configuration', () => ({
      status: 200,
      headers: { 'cache-control': 'public, max-age=3600' },
      body: {
        issuer: riscIssuer(stage),
        jwks_uri: `${stage.url}/oauth2/v3/certs`,
        delivery_methods_supported: [
          'https://schemas.openid.net/secevent/risc/delivery-method/push',
        ],
      },
    }))
    addRiscStream(app, stage, async (state) => {
      await send(googleEvents, stage, await verificationOf(stage, google.client, state))
    })
    endpoint(app, ['GET'], '/.well-known/openid-configuration', () => ({
      status: 200,
      headers: { 'cache-control': 'public, max-age=3600' },
      body: {
        ...discovery(google, stage),
        userinfo_endpoint: `${stage.url}/v1/userinfo`,
        revocation_endpoint: `${stage.url}/revoke`,
        jwks_uri: `${stage.url}/oauth2/v3/certs`,
        scopes_supported: ['openid', 'email', 'profile'],
        authorization_response_iss_parameter_supported: true,
      },
    }))
    endpoint(app, ['GET'], '/oauth2/v3/certs', async () => ({
      status: 200,
      headers: { 'cache-control': 'public, max-age=3600' },
      body: await stage.signer.jwks(),
    }))
    endpoint(app, ['GET', 'POST'], '/v1/userinfo', (request) => {
      const bearer = bearerOf(request, stage)
      return bearer ? profileAnswer(bearer, googleClaims(bearer.grant)) : invalidCredentials
    })
    endpoint(app, ['GET', 'POST'], '/tokeninfo', (request) =>
      tokenInfo(stage, singleValues(rawQuery(request))?.access_token ?? ''),
    )
    endpoint(app, ['POST'], '/revoke', (request) => {
      const token = formOf(request)?.token ?? ''
      const { ledger } = stage
      const grant = ledger.findAccessToken(token)?.grant ?? ledger.findRefreshToken(token)
      if (!grant) return oauthError(400, 'invalid_token', 'Token expired or revoked')
      // The person is asked anew at the next login.
      ledger.unlink(grant.persona)
      return { status: 200, body: {} }
    })
  },
}

/** What a token is for, every value as text. */
function tokenInfo(stage: Stage, token: string): Answer {
  const found = stage.ledger.findAccessToken(token)
  if (!found) return oauthError(400, 'invalid_token', 'Invalid Value')
  const { sub, email, email_verified } = googleClaims(found.grant)
  const exp = Math.floor((found.expiresAt ?? 0) / 1000)
  const body = {
    azp: google.client.id,
    aud: google.client.id,
    ...(found.grant.scopes.includes('openid') ? { sub } : {}),
    scope: found.grant.scopes.join(' '),
    exp: String(exp),
    expires_in: String(exp - Math.floor(Date.now() / 1000)),
    ...(email === undefined ? {} : { email, email_verified: String(email_verified) }),
    access_type: 'online',
  }
  return { status: 200, body }
}

function idClaims(grant: Grant, issued: Issued) {
  return { azp: google.client.id, at_hash: atHash(issued.accessToken), ...googleClaims(grant) }
}

function authorizeFault(fault: AuthorizeFault): FaultWords {
  const words = commonAuthorizeFault(fault)
  const status = fault === 'unknown_client' ? 401 : 400
  return { ...words, status, code: `Error ${status}: ${words.code}` }
}

function tokenFault(fault: TokenFault, given: string): Answer {
  const own: Partial<Record<TokenFault, Answer>> = {
    unknown_client: oauthError(401, 'invalid_client', 'The OAuth client was not found.'),
    secret: oauthError(401, 'invalid_client', 'Unauthorized'),
    code: oauthError(400, 'invalid_grant', 'Bad Request'),
    redirect_uri: oauthError(400, 'redirect_uri_mismatch', 'Bad Request'),
    verifier: oauthError(400, 'invalid_grant', 'Invalid code verifier.'),
    refresh_token: oauthError(400, 'invalid_grant', 'Bad Request'),
  }
  return own[fault] ?? commonTokenFault(fault, given)
}

const invalidCredentials: Answer = {
  ...oauthError(401, 'invalid_request', 'Invalid Credentials'),
  headers: { 'www-authenticate': 'Bearer realm="accounts.google.com", error="invalid_token"' },
}
