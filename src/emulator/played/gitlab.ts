import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Answer, type Bearer, bearerOf, endpoint, formOf, profileAnswer } from '../http.ts'
import { commonAuthorizeFault, commonTokenFault, oauthError } from '../login/faults.ts'
import { discovery, idToken } from '../login/oidc.ts'
import { clientOf } from '../login/token.ts'
import { stableHex } from '../personas.ts'
import type { AuthorizeFault, FaultWords, PlayedProvider, TokenFault } from '../provider.ts'
import type { Stage } from '../stage.ts'
import { askedScopes } from './asked-scopes.ts'
import { gitlabClaims, gitlabId, gitlabUser, gitlabUserinfo } from './profiles/gitlab.ts'

const enabled = ['openid', 'profile', 'email', 'read_user']

/** GitLab, self-managed below a path: the issuer is the instance URL (docs.gitlab.com/api/oauth2). */
export const gitlab: PlayedProvider = {
  id: 'gitlab',
  name: 'GitLab',
  client: {
    id: stableHex(64, 'gitlab', 'client'),
    secret: `gloas-${stableHex(64, 'gitlab', 'secret')}`,
  },
  authorizePath: '/oauth/authorize',
  tokenPath: '/oauth/token',
  settings: ({ url }) => ({
    ISSUER: url,
    USERINFO_ENDPOINT: `${url}/oauth/userinfo`,
    JWKS_URI: `${url}/oauth/discovery/keys`,
    REVOCATION_ENDPOINT: `${url}/oauth/revoke`,
    USER_ENDPOINT: `${url}/api/v4/user`,
    TOKEN_INFO_ENDPOINT: `${url}/oauth/token/info`,
  }),
  lives: { code: 600, accessToken: 7200, newCode: newToken, newAccessToken: newToken },
  clientAuth: ['post', 'basic'],
  idTokens: true,
  refreshing: () => 'replaced',
  // Only what is enabled on the application; without any, its narrowest.
  scopes: (requested) => {
    const asked = askedScopes(requested ?? 'read_user')
    return asked.length > 0 && asked.every((scope) => enabled.includes(scope)) ? asked : null
  },
  emailScopes: ['email'],
  denied:
    'error=access_denied&error_description=' +
    'The+resource+owner+or+authorization+server+denied+the+request.',
  ownHints: { '!old-auth-time': {} },
  authorizeFault,
  givesRefreshToken: () => true,
  tokenBody: async (stage, grant, issued) => ({
    access_token: issued.accessToken,
    token_type: 'bearer',
    expires_in: issued.expiresIn,
    refresh_token: issued.refreshToken,
    scope: grant.scopes.join(' '),
    created_at: Math.floor(Date.now() / 1000),
    ...(grant.scopes.includes('openid')
      ? { id_token: await idToken(gitlab, stage, grant, 120, gitlabClaims(grant)) }
      : {}),
  }),
  tokenFault,
  routes,
}

function routes(app: FastifyInstance, stage: Stage): void {
  endpoint(app, ['GET'], '/.well-known/openid-configuration', () => ({
    status: 200,
    body: {
      ...discovery(gitlab, stage),
      userinfo_endpoint: `${stage.url}/oauth/userinfo`,
      jwks_uri: `${stage.url}/oauth/discovery/keys`,
      revocation_endpoint: `${stage.url}/oauth/revoke`,
      scopes_supported: enabled,
    },
  }))
  endpoint(app, ['GET'], '/oauth/discovery/keys', async () => ({
    status: 200,
    body: await stage.signer.jwks(),
  }))
  endpoint(app, ['GET', 'POST'], '/oauth/userinfo', (request) =>
    withScope(request, stage, 'openid', invalidToken, (bearer) =>
      profileAnswer(bearer, gitlabUserinfo(bearer.grant, stage)),
    ),
  )
  endpoint(app, ['GET'], '/api/v4/user', (request) =>
    withScope(request, stage, 'read_user', unauthorized, (bearer) =>
      profileAnswer(bearer, gitlabUser(bearer.grant.persona, stage)),
    ),
  )
  endpoint(app, ['GET'], '/oauth/token/info', (request) => {
    const bearer = bearerOf(request, stage)
    if (!bearer) return invalidToken
    const left = Math.floor(((bearer.expiresAt ?? 0) - Date.now()) / 1000)
    const body = {
      resource_owner_id: gitlabId(bearer.grant.persona),
      scope: bearer.grant.scopes,
      expires_in: left,
      application: { uid: gitlab.client.id },
    }
    return { status: 200, body }
  })
  endpoint(app, ['POST'], '/oauth/revoke', (request) => {
    const form = formOf(request) ?? {}
    const client = clientOf(gitlab, request, form)
    if (client.id !== gitlab.client.id || client.secret !== gitlab.client.secret) return notYours
    stage.ledger.revokePair(form.token ?? '')
    return { status: 200, body: {} }
  })
}

function withScope(
  request: FastifyRequest,
  stage: Stage,
  scope: string,
  refusal: Answer,
  answer: (bearer: Bearer) => Answer,
): Answer {
  const bearer = bearerOf(request, stage)
  if (!bearer) return refusal
  if (bearer.grant.scopes.includes(scope)) return answer(bearer)
  const text = 'The request requires higher privileges than provided by the access token.'
  return oauthError(403, 'insufficient_scope', text, { scope })
}

function newToken(): string {
  return randomBytes(32).toString('hex')
}

function authorizeFault(fault: AuthorizeFault): FaultWords {
  const words = commonAuthorizeFault(fault)
  const text = 'The redirect URI included is not valid.'
  if (fault === 'redirect_uri') return { ...words, code: 'invalid_redirect_uri', text }
  return fault === 'unknown_client' ? { ...words, status: 401 } : words
}

function tokenFault(fault: TokenFault, given: string): Answer {
  const client = oauthError(
    401,
    'invalid_client',
    'Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.',
  )
  const grant = oauthError(
    400,
    'invalid_grant',
    'The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.',
  )
  const own: Partial<Record<TokenFault, Answer>> = {
    unknown_client: client,
    secret: client,
    code: grant,
    redirect_uri: grant,
    verifier: grant,
    refresh_token: grant,
  }
  return own[fault] ?? commonTokenFault(fault, given)
}

const unauthorized: Answer = { status: 401, body: { message: '401 Unauthorized' } }
const invalidToken: Answer = {
  ...oauthError(401, 'invalid_token', 'The access token is invalid'),
  headers: { 'www-authenticate': 'Bearer realm="Doorkeeper", error="invalid_token"' },
}
const notYours = oauthError(
  403,
  'unauthorized_client',
  'You are not authorized to revoke this token',
)
