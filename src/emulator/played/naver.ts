import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import {
  type Answer,
  bearerOf,
  endpoint,
  formOf,
  profileAnswer,
  rawQuery,
  singleValues,
} from '../http.ts'
import { commonAuthorizeFault, commonTokenFault, oauthError } from '../login/faults.ts'
import { stableBase64url } from '../personas.ts'
import type { AuthorizeFault, FaultWords, PlayedProvider, TokenFault } from '../provider.ts'
import type { Stage } from '../stage.ts'
import { naverEvents } from './events/naver.ts'
import { naverPerson } from './profiles/naver.ts'

// The profile items that the emulated app's console has switched on.
const items = ['name', 'nickname', 'email', 'profile_image']

/** Naver: classic OAuth 2 (developers.naver.com/docs/login/api); its OpenID paths are not played. */
export const naver: PlayedProvider = {
  id: 'naver',
  name: 'NAVER',
  client: {
    id: stableBase64url('naver', 'client').replaceAll(/[-_]/g, 'x').slice(0, 20),
    secret: stableBase64url('naver', 'secret').replaceAll(/[-_]/g, 'x').slice(0, 10),
  },
  authorizePath: '/oauth2.0/authorize',
  tokenPath: '/oauth2.0/token',
  settings: ({ url }) => ({
    USERINFO_ENDPOINT: `${url}/v1/nid/me`,
    VERIFY_ENDPOINT: `${url}/v1/nid/verify`,
    REVOCATION_ENDPOINT: `${url}/oauth2.0/revoke`,
  }),
  lives: {
    code: 600,
    accessToken: 3600,
    // A token that is not URL-encoded loses its plus signs in a form.
    newAccessToken: () => `AAAAN+/${randomBytes(32).toString('base64')}`,
  },
  clientAuth: ['post'],
  tokenMethods: ['GET', 'POST'],
  pkce: 'ignored',
  redirectUriOptionalAtToken: true,
  // Consent items come from the console; a scope that is sent changes nothing.
  scopes: () => items,
  emailScopes: ['email'],
  denied: 'error=access_denied&error_description=Canceled%20By%20User',
  authorizeCheck: ({ state }) => (state ? null : 'state'),
  tokenCheck: ({ state }, { grant }) => (state === grant.request.state ? null : 'state'),
  authorizeFault,
  givesRefreshToken: () => true,
  tokenBody: (_stage, _grant, issued, refreshed) => ({
    access_token: issued.accessToken,
    ...(refreshed ? {} : { refresh_token: issued.refreshToken }),
    token_type: 'bearer',
    // A string, whatever the guide says.
    expires_in: String(issued.expiresIn),
  }),
  tokenFault,
  grants: { delete: deleteToken },
  events: naverEvents,
  routes,
}

function routes(app: FastifyInstance, stage: Stage): void {
  endpoint(app, ['GET', 'POST'], '/v1/nid/me', (request) => {
    const bearer = bearerOf(request, stage)
    if (!bearer) return notAuthenticated(request)
    const { persona, scopes } = bearer.grant
    const body = { resultcode: '00', message: 'success', response: naverPerson(persona, scopes) }
    return profileAnswer(bearer, body)
  })
  endpoint(app, ['GET'], '/v1/nid/verify', (request) => {
    const bearer = bearerOf(request, stage)
    if (!bearer) return notAuthenticated(request)
    const { info } = singleValues(rawQuery(request)) ?? {}
    const allowed = bearer.grant.scopes.map((item) => `profile/${item}`).join(',')
    const response = {
      token: bearer.token,
      expire_date: new Date(bearer.expiresAt ?? 0).toISOString(),
      allowed_profile: allowed,
    }
    const body = { resultcode: '00', message: 'success' }
    return { status: 200, body: info === 'true' ? { ...body, response } : body }
  })
  endpoint(app, ['POST'], '/oauth2.0/revoke', (request) => {
    const { client_id, client_secret, token } = formOf(request) ?? {}
    if (client_id === undefined || client_secret === undefined || token === undefined) {
      return oauthError(400, 'invalid_request', 'A parameter is missing.')
    }
    if (client_id !== naver.client.id || client_secret !== naver.client.secret) {
      return oauthError(401, 'unauthorized_client', wrongClient)
    }
    end(stage, token)
    return { status: 200, body: '' }
  })
}

/** The older way to unlink, which says success for a dead token too. */
function deleteToken(stage: Stage, form: Record<string, string>): Answer {
  const { access_token: token, service_provider: service } = form
  if (token === undefined || service !== 'NAVER') return noSession
  end(stage, token)
  return { status: 200, body: { access_token: token, result: 'success' } }
}

/** Ends a token, its pair and the link between person and service. */
function end({ ledger }: Stage, token: string): void {
  const grant = ledger.findAccessToken(token)?.grant ?? ledger.findRefreshToken(token)
  if (grant) ledger.unlink(grant.persona)
}

function notAuthenticated(request: FastifyRequest): Answer {
  const none = request.headers.authorization === undefined
  const message = none
    ? 'Authentication header not exists (인증 헤더가 없습니다.)'
    : 'Authentication failed (인증 실패하였습니다.)'
  return { status: 401, body: { resultcode: none ? '028' : '024', message } }
}

function authorizeFault(fault: AuthorizeFault): FaultWords {
  const words = commonAuthorizeFault(fault)
  return fault === 'unknown_client' ? { ...words, code: 'unauthorized_client' } : words
}

function tokenFault(fault: TokenFault, given: string): Answer {
  switch (fault) {
    case 'method':
    case 'content_type':
      return commonTokenFault(fault, given)
    case 'unknown_client':
    case 'secret':
      return oauthError(200, 'unauthorized_client', wrongClient)
    default:
      return noSession
  }
}

const wrongClient = 'wrong client id / client secret pair'
// Refusals of the token endpoint arrive with 200.
const noSession = oauthError(200, 'invalid_request', 'no valid data in session')
