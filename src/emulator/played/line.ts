import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  type Answer,
  type Bearer,
  bearerOf,
  endpoint,
  formOf,
  jsonOf,
  profileAnswer,
  rawQuery,
  singleValues,
} from '../http.ts'
import { bearsAppToken } from '../login/app-token.ts'
import type { Grant } from '../login/codes.ts'
import { commonAuthorizeFault, commonTokenFault, oauthError } from '../login/faults.ts'
import { discovery, idTokenClaims } from '../login/oidc.ts'
import { stableDigits, stableHex } from '../personas.ts'
import type { PlayedProvider, TokenFault } from '../provider.ts'
import type { Stage } from '../stage.ts'
import { askedScopes } from './asked-scopes.ts'
import { channelToken, verifiedIdToken, webIdToken } from './line-tokens.ts'
import { lineClaims, lineNamed, lineUserId } from './profiles/line.ts'

const scopes = ['profile', 'openid', 'email']
const declined = 'error_description=The+resource+owner+denied+the+request.'
const deauthorizeBody = z.object({ userAccessToken: z.string() })

/** LINE: LINE Login v2.1, a web app channel (developers.line.biz/en/reference/line-login). */
export const line: PlayedProvider = {
  id: 'line',
  name: 'LINE',
  client: { id: stableDigits(10, 'line', 'channel'), secret: stableHex(32, 'line', 'secret') },
  authorizePath: '/oauth2/v2.1/authorize',
  tokenPath: '/oauth2/v2.1/token',
  settings: ({ url }) => ({
    ISSUER: url,
    USERINFO_ENDPOINT: `${url}/oauth2/v2.1/userinfo`,
    PROFILE_ENDPOINT: `${url}/v2/profile`,
    VERIFY_ENDPOINT: `${url}/oauth2/v2.1/verify`,
    JWKS_URI: `${url}/oauth2/v2.1/certs`,
    REVOCATION_ENDPOINT: `${url}/oauth2/v2.1/revoke`,
    DEAUTHORIZE_ENDPOINT: `${url}/user/v1/deauthorize`,
    CHANNEL_TOKEN_ENDPOINT: `${url}/oauth2/v3/token`,
  }),
  lives: { code: 600, accessToken: 2_592_000 },
  clientAuth: ['post'],
  idTokens: true,
  signingAlg: 'ES256',
  scopes: (requested) => {
    const asked = askedScopes(requested)
    const known = asked.length > 0 && asked.every((scope) => scopes.includes(scope))
    return known ? scopes.filter((scope) => asked.includes(scope)) : null
  },
  emailScopes: ['email'],
  denied: `error=access_denied&${declined}`,
  ownHints: {
    '!denied-in-capitals': { answers: `error=ACCESS_DENIED&${declined}` },
    '!denied-as-invalid-request': { answers: `error=INVALID_REQUEST&${declined}` },
    '!auto-login': {
      answers: 'error=INVALID_REQUEST&error_description=auto+login+failed',
      foreignState: randomUUID(),
      unless: ({ disable_auto_login }) => disable_auto_login === 'true',
    },
    '!old-auth-time': {},
  },
  callback: (_stage, grant) => (grant ? { friendship_status_changed: 'false' } : {}),
  authorizeFault: commonAuthorizeFault,
  givesRefreshToken: () => true,
  tokenBody: async (stage, grant, issued, refreshed, form) => ({
    access_token: issued.accessToken,
    expires_in: issued.expiresIn,
    ...(grant.scopes.includes('openid') && !refreshed
      ? { id_token: await idTokenFor(stage, grant, form.id_token_key_type === 'JWK') }
      : {}),
    refresh_token: issued.refreshToken,
    scope: listed(grant),
    token_type: 'Bearer',
  }),
  tokenFault,
  // Signed with the published key, unlike those of web logins.
  native: { scope: 'openid profile email', claims: (_stage, grant) => lineClaims(grant, true) },
  routes,
}

function routes(app: FastifyInstance, stage: Stage): void {
  endpoint(app, ['GET'], '/.well-known/openid-configuration', () => ({
    status: 200,
    body: {
      ...discovery(line, stage),
      subject_types_supported: ['pairwise'],
      userinfo_endpoint: `${stage.url}/oauth2/v2.1/userinfo`,
      jwks_uri: `${stage.url}/oauth2/v2.1/certs`,
      revocation_endpoint: `${stage.url}/oauth2/v2.1/revoke`,
      scopes_supported: ['openid', 'profile', 'email'],
    },
  }))
  endpoint(app, ['GET'], '/oauth2/v2.1/certs', async () => ({
    status: 200,
    body: await stage.signer.jwks(),
  }))
  endpoint(app, ['GET', 'POST'], '/oauth2/v2.1/userinfo', (request) =>
    withScope(request, stage, 'openid', ({ grant }) => ({
      sub: lineUserId(grant.persona),
      ...(grant.scopes.includes('profile') ? lineNamed(grant.persona) : {}),
    })),
  )
  endpoint(app, ['GET'], '/v2/profile', (request) =>
    withScope(request, stage, 'profile', ({ grant }) => {
      const { name: displayName, picture: pictureUrl } = lineNamed(grant.persona)
      const userId = lineUserId(grant.persona)
      return { userId, displayName, ...(pictureUrl === undefined ? {} : { pictureUrl }) }
    }),
  )
  endpoint(app, ['GET', 'POST'], '/oauth2/v2.1/verify', (request) =>
    request.method === 'POST'
      ? verifiedIdToken(stage, line.client.secret, formOf(request) ?? {})
      : verifiedAccessToken(stage, singleValues(rawQuery(request))?.access_token ?? ''),
  )
  endpoint(app, ['POST'], '/oauth2/v2.1/revoke', (request) => {
    const { access_token, client_id, client_secret } = formOf(request) ?? {}
    if (!isClient(client_id, client_secret)) return invalidClient
    if (!access_token) return oauthError(400, 'invalid_request', 'access_token is required')
    stage.ledger.revokePair(access_token)
    return { status: 200, body: '' }
  })
  endpoint(app, ['POST'], '/oauth2/v3/token', (request) => {
    const { grant_type = '', client_id, client_secret } = formOf(request) ?? {}
    if (!isClient(client_id, client_secret)) return invalidClient
    if (grant_type !== 'client_credentials') return commonTokenFault('grant_type', grant_type)
    return { status: 200, body: channelToken(line.client.secret) }
  })
  endpoint(app, ['POST'], '/user/v1/deauthorize', (request) => {
    if (!bearsAppToken(request.headers.authorization, line.client.secret)) return unauthorized
    const body = deauthorizeBody.safeParse(jsonOf(request))
    const found = body.success ? stage.ledger.findAccessToken(body.data.userAccessToken) : null
    if (!found) return apiError(400, 'invalid token')
    stage.ledger.unlink(found.grant.persona)
    return { status: 204, body: undefined }
  })
}

function idTokenFor(stage: Stage, grant: Grant, byKey: boolean): Promise<string> {
  const withAuthTime = grant.request.max_age !== undefined
  const claims = idTokenClaims(line, stage, grant, 3600, lineClaims(grant, withAuthTime))
  const forged = grant.failure === '!forged-id-token'
  return byKey ? stage.signer.sign(claims, forged) : webIdToken(claims, line.client.secret, forged)
}

/** The scopes as a response lists them: the one for the address never is. */
function listed({ scopes: given }: Grant): string {
  return given.filter((scope) => scope !== 'email').join(' ')
}

function verifiedAccessToken(stage: Stage, token: string): Answer {
  const found = stage.ledger.findAccessToken(token)
  if (!found) return oauthError(400, 'invalid_request', 'access token expired')
  const expires_in = Math.floor(((found.expiresAt ?? 0) - Date.now()) / 1000)
  const body = { scope: listed(found.grant), client_id: line.client.id, expires_in }
  return { status: 200, body }
}

function withScope(
  request: FastifyRequest,
  stage: Stage,
  scope: string,
  body: (bearer: Bearer) => unknown,
): Answer {
  const bearer = bearerOf(request, stage)
  if (!bearer) return unauthorized
  if (bearer.grant.scopes.includes(scope)) return profileAnswer(bearer, body(bearer))
  return apiError(403, 'The access token does not have the required scope.')
}

function isClient(id: string | undefined, secret: string | undefined): boolean {
  return id === line.client.id && secret === line.client.secret
}

function tokenFault(fault: TokenFault, given: string): Answer {
  const own: Partial<Record<TokenFault, Answer>> = {
    unknown_client: invalidClient,
    secret: invalidClient,
    code: oauthError(400, 'invalid_grant', 'invalid authorization code'),
    redirect_uri: oauthError(400, 'invalid_grant', 'redirect_uri does not match'),
    verifier: oauthError(400, 'invalid_grant', 'code_verifier does not match'),
    refresh_token: oauthError(400, 'invalid_grant', 'invalid refresh token'),
  }
  const answer = own[fault] ?? commonTokenFault(fault, given)
  return { ...answer, headers: { ...answer.headers, 'x-line-request-id': randomUUID() } }
}

function apiError(status: number, message: string): Answer {
  return { status, body: { message } }
}

const invalidClient = oauthError(400, 'invalid_client', 'invalid client_id or client_secret')
const unauthorized = apiError(401, 'The access token is invalid.')
