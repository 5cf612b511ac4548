import type { FastifyInstance, FastifyRequest } from 'fastify'
import { send } from '../events/deliver.ts'
import { type Answer, bearerOf, endpoint, formOf, profileAnswer } from '../http.ts'
import { appToken } from '../login/app-token.ts'
import { commonAuthorizeFault } from '../login/faults.ts'
import { discovery, idToken } from '../login/oidc.ts'
import { stableHex } from '../personas.ts'
import type { AuthorizeFault, FaultWords, PlayedProvider, TokenFault } from '../provider.ts'
import type { Stage } from '../stage.ts'
import { askedScopes } from './asked-scopes.ts'
import { challengeMessage, twitchEventSubSecret, twitchEvents } from './events/twitch.ts'
import { addEventSub } from './events/twitch-eventsub.ts'
import {
  askable,
  askedClaimsOf,
  twitchClaims,
  twitchId,
  twitchLogin,
  twitchUser,
} from './profiles/twitch.ts'

const known = ['openid', 'user:read:email']
const appTokenSeconds = 5_011_271

/** Twitch: OpenID Connect, its API at `/helix` (dev.twitch.tv/docs/authentication). */
export const twitch: PlayedProvider = {
  id: 'twitch',
  name: 'Twitch',
  client: { id: stableHex(30, 'twitch', 'client'), secret: stableHex(30, 'twitch', 'secret') },
  authorizePath: '/oauth2/authorize',
  tokenPath: '/oauth2/token',
  settings: ({ url }) => ({
    ISSUER: `${url}/oauth2`,
    USERINFO_ENDPOINT: `${url}/oauth2/userinfo`,
    JWKS_URI: `${url}/oauth2/keys`,
    REVOCATION_ENDPOINT: `${url}/oauth2/revoke`,
    VALIDATE_ENDPOINT: `${url}/oauth2/validate`,
    USERS_ENDPOINT: `${url}/helix/users`,
    EVENTSUB_ENDPOINT: `${url}/helix/eventsub/subscriptions`,
    EVENTSUB_SECRET: twitchEventSubSecret,
  }),
  lives: { code: 600, accessToken: 14_124 },
  clientAuth: ['post'],
  pkce: 'ignored',
  idTokens: true,
  scopes: (requested) => {
    const asked = askedScopes(requested)
    return asked.every((scope) => known.includes(scope)) ? asked : null
  },
  authorizeCheck: ({ claims }) => (askedClaimsOf(claims) ? null : 'malformed'),
  emailScopes: ['user:read:email'],
  denied: 'error=access_denied&error_description=The+user+denied+you+access',
  authorizeFault,
  givesRefreshToken: () => true,
  tokenBody: async (stage, grant, issued, refreshed) => ({
    access_token: issued.accessToken,
    expires_in: issued.expiresIn,
    refresh_token: issued.refreshToken,
    // An array.
    scope: grant.scopes,
    token_type: 'bearer',
    ...(grant.scopes.includes('openid') && !refreshed
      ? {
          id_token: await idToken(twitch, stage, grant, 900, {
            ...parties(stage),
            ...twitchClaims(grant, 'id_token'),
          }),
          ...(grant.request.nonce === undefined ? {} : { nonce: grant.request.nonce }),
        }
      : {}),
  }),
  tokenFault,
  grants: { client_credentials: appTokenAnswer },
  events: twitchEvents,
  routes,
}

function routes(app: FastifyInstance, stage: Stage): void {
  endpoint(app, ['GET'], '/oauth2/.well-known/openid-configuration', () => {
    const { code_challenge_methods_supported, ...shared } = discovery(twitch, stage)
    const body = {
      ...shared,
      issuer: `${stage.url}/oauth2`,
      userinfo_endpoint: `${stage.url}/oauth2/userinfo`,
      jwks_uri: `${stage.url}/oauth2/keys`,
      claims_parameter_supported: true,
      claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', ...askable],
      scopes_supported: known,
    }
    return { status: 200, body }
  })
  endpoint(app, ['GET'], '/oauth2/keys', async () => ({
    status: 200,
    body: await stage.signer.jwks(),
  }))
  endpoint(app, ['GET'], '/oauth2/userinfo', (request) => {
    const bearer = bearerOf(request, stage)
    if (!bearer?.grant.scopes.includes('openid')) return refuse(401, 'invalid access token')
    const iat = Math.floor(Date.now() / 1000)
    const common = { ...parties(stage), aud: twitch.client.id, iat, exp: iat + 900 }
    return profileAnswer(bearer, { ...common, ...twitchClaims(bearer.grant, 'userinfo') })
  })
  endpoint(app, ['GET'], '/helix/users', (request) => {
    const client = request.headers['client-id']
    if (client === undefined) return unauthorized('Client ID is missing')
    const bearer = bearerOf(request, stage)
    if (!bearer) return unauthorized('Invalid OAuth token')
    if (client !== twitch.client.id) return unauthorized('Client ID and OAuth token do not match')
    return profileAnswer(bearer, { data: [twitchUser(bearer.grant)] })
  })
  addEventSub(app, stage, twitch.client, async (subscription) => {
    const { callback } = subscription.transport
    const asked = { ...twitchEvents, target: () => callback }
    return (await send(asked, stage, challengeMessage(subscription))).accepted
  })
  endpoint(app, ['GET'], '/oauth2/validate', (request) => validate(request, stage))
  endpoint(app, ['POST'], '/oauth2/revoke', (request) => {
    const form = formOf(request) ?? {}
    if (form.client_id !== twitch.client.id) return refuse(400, 'client does not exist')
    const revoked = stage.ledger.revokePair(form.token ?? '')
    return revoked ? { status: 200, body: '' } : refuse(400, 'Invalid token')
  })
}

/** A token of the app itself, with which it subscribes to events. */
function appTokenAnswer(): Answer {
  const access_token = appToken(twitch.client.secret, appTokenSeconds)
  return { status: 200, body: { access_token, expires_in: appTokenSeconds, token_type: 'bearer' } }
}

/** Wants the word OAuth before the token, where other endpoints want Bearer. */
function validate(request: FastifyRequest, stage: Stage): Answer {
  const token = /^oauth +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const found = stage.ledger.findAccessToken(token ?? '')
  if (!found) return refuse(401, 'invalid access token')
  const { persona, scopes } = found.grant
  const body = {
    client_id: twitch.client.id,
    login: twitchLogin(persona),
    scopes,
    user_id: twitchId(persona),
    expires_in: Math.floor(((found.expiresAt ?? 0) - Date.now()) / 1000),
  }
  return { status: 200, body }
}

function parties(stage: Stage) {
  return { iss: `${stage.url}/oauth2`, azp: twitch.client.id }
}

function authorizeFault(fault: AuthorizeFault): FaultWords {
  const words = commonAuthorizeFault(fault)
  return fault === 'malformed' ? { ...words, text: 'A parameter is repeated or invalid.' } : words
}

function tokenFault(fault: TokenFault): Answer {
  const own: Partial<Record<TokenFault, readonly [number, string]>> = {
    method: [405, 'method not allowed'],
    content_type: [415, 'unsupported media type'],
    unknown_client: [400, 'invalid client'],
    secret: [403, 'invalid client secret'],
    grant_type: [400, 'invalid grant type'],
    code: [400, 'Invalid authorization code'],
    redirect_uri: [400, 'Parameter redirect_uri does not match registered URI'],
    refresh_token: [400, 'Invalid refresh token'],
  }
  return refuse(...(own[fault] ?? ([400, 'invalid request'] as const)))
}

/** Without the `error` key that OAuth has. */
function refuse(status: number, message: string): Answer {
  return { status, body: { status, message } }
}

/** The API's own form, which has it. */
function unauthorized(message: string): Answer {
  return { status: 401, body: { error: 'Unauthorized', status: 401, message } }
}
