import type { FastifyInstance } from 'fastify'
import { type Answer, bearerOf, endpoint, profileAnswer } from '../http.ts'
import { type Grant, type Issued, randomToken } from '../login/codes.ts'
import { commonAuthorizeFault } from '../login/faults.ts'
import { atHash, discovery, idToken } from '../login/oidc.ts'
import { stableDigits, stableHex } from '../personas.ts'
import type { AuthorizeFault, FaultWords, PlayedProvider, TokenFault } from '../provider.ts'
import type { Stage } from '../stage.ts'
import { slackEvents, slackSigningSecret } from './events/slack.ts'
import { slackClaims } from './profiles/slack.ts'

const known = ['openid', 'profile', 'email']

/** Slack: OpenID Connect, every answer of its API with 200 (docs.slack.dev/authentication). */
export const slack: PlayedProvider = {
  id: 'slack',
  name: 'Slack',
  client: {
    id: `${stableDigits(12, 'slack', 'team')}.${stableDigits(13, 'slack', 'app')}`,
    secret: stableHex(32, 'slack', 'secret'),
  },
  authorizePath: '/openid/connect/authorize',
  tokenPath: '/api/openid.connect.token',
  settings: ({ url }) => ({
    ISSUER: url,
    USERINFO_ENDPOINT: `${url}/api/openid.connect.userInfo`,
    JWKS_URI: `${url}/openid/connect/keys`,
    REVOCATION_ENDPOINT: `${url}/api/auth.revoke`,
    SIGNING_SECRET: slackSigningSecret,
  }),
  // Without token rotation, which the emulated app has not switched on, a token does not expire.
  lives: { code: 600, accessToken: null, newAccessToken: () => `xoxp-${randomToken()}` },
  clientAuth: ['post', 'basic'],
  // An app opts in, for good; this one has not.
  pkce: 'off',
  jsonAtToken: true,
  idTokens: true,
  // Space or comma; never without openid.
  scopes: (requested) => {
    const asked = (requested ?? '').split(/[ ,]+/).filter((scope) => scope !== '')
    const valid = asked.includes('openid') && asked.every((scope) => known.includes(scope))
    return valid ? asked : null
  },
  emailScopes: ['email'],
  denied: 'error=access_denied',
  ownHints: { '!old-auth-time': {}, '!enterprise-grid': {} },
  authorizeFault,
  givesRefreshToken: () => false,
  tokenBody: async (stage, grant, issued) => ({
    ok: true,
    access_token: issued.accessToken,
    token_type: 'Bearer',
    id_token: await idToken(slack, stage, grant, 300, idClaims(grant, issued)),
  }),
  tokenFault,
  events: slackEvents,
  routes,
}

function routes(app: FastifyInstance, stage: Stage): void {
  endpoint(app, ['GET'], '/.well-known/openid-configuration', () => {
    const { code_challenge_methods_supported, ...shared } = discovery(slack, stage)
    const body = {
      ...shared,
      userinfo_endpoint: `${stage.url}/api/openid.connect.userInfo`,
      jwks_uri: `${stage.url}/openid/connect/keys`,
      scopes_supported: known,
      grant_types_supported: ['authorization_code'],
      claims_supported: ['sub', 'auth_time', 'iss', 'email', 'email_verified', 'name', 'locale'],
    }
    return { status: 200, body }
  })
  endpoint(app, ['GET'], '/openid/connect/keys', async () => ({
    status: 200,
    body: await stage.signer.jwks(),
  }))
  endpoint(app, ['GET', 'POST'], '/api/openid.connect.userInfo', (request) => {
    const bearer = bearerOf(request, stage)
    if (bearer) return profileAnswer(bearer, { ok: true, ...slackClaims(bearer.grant) })
    return refuse(request.headers.authorization === undefined ? 'not_authed' : 'invalid_auth')
  })
  endpoint(app, ['GET', 'POST'], '/api/auth.revoke', (request) => {
    const bearer = bearerOf(request, stage)
    if (!bearer) return refuse('invalid_auth')
    stage.ledger.revokePair(bearer.token)
    return { status: 200, body: { ok: true, revoked: true } }
  })
}

function idClaims(grant: Grant, issued: Issued) {
  return { ...slackClaims(grant), auth_time: grant.authTime, at_hash: atHash(issued.accessToken) }
}

function authorizeFault(fault: AuthorizeFault): FaultWords {
  const words = commonAuthorizeFault(fault)
  const codes: Partial<Record<AuthorizeFault, string>> = {
    unknown_client: 'invalid_client_id',
    redirect_uri: 'bad_redirect_uri',
  }
  return { ...words, code: codes[fault] ?? words.code }
}

function tokenFault(fault: TokenFault): Answer {
  const own: Partial<Record<TokenFault, string>> = {
    method: 'invalid_post_type',
    content_type: 'invalid_post_type',
    unknown_client: 'invalid_client_id',
    secret: 'bad_client_secret',
    grant_type: 'invalid_grant_type',
    code: 'invalid_code',
    redirect_uri: 'bad_redirect_uri',
    verifier: 'internal_error',
    refresh_token: 'invalid_refresh_token',
  }
  return refuse(own[fault] ?? 'invalid_arguments')
}

/** A refusal: with 200, and no `error_description`. */
function refuse(error: string): Answer {
  return { status: 200, body: { ok: false, error } }
}
