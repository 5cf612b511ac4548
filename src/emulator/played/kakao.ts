import type { FastifyInstance, FastifyRequest } from 'fastify'
import {
  type Answer,
  type Bearer,
  bearerOf,
  endpoint,
  formOf,
  profileAnswer,
  rawQuery,
  singleValues,
} from '../http.ts'
import { discovery, idToken } from '../login/oidc.ts'
import { sessionHeader } from '../login/session.ts'
import { speakerOf } from '../pages/language.ts'
import { faultPage } from '../pages/pick-page.ts'
import { type Persona, personas, stableHex } from '../personas.ts'
import type { PlayedProvider } from '../provider.ts'
import type { Stage } from '../stage.ts'
import { kakaoApp, kakaoEvents } from './events/kakao.ts'
import { kakaoAuthorizeFault, kakaoTokenFault } from './faults/kakao.ts'
import { kakaoClaims, kakaoId, kakaoProfile } from './profiles/kakao.ts'

// The consent items that the emulated app has switched on, in the order of the token response.
const items = ['account_email', 'openid', 'profile_image', 'profile_nickname']

// Each platform of an app has a key of its own.
const nativeAppKey = stableHex(32, 'kakao', 'native')

/** Kakao: OAuth 2 with a nested profile, and OpenID Connect (developers.kakao.com). */
export const kakao: PlayedProvider = {
  id: 'kakao',
  name: 'Kakao',
  client: { id: stableHex(32, 'kakao', 'client'), secret: stableHex(32, 'kakao', 'secret') },
  authorizePath: '/oauth/authorize',
  tokenPath: '/oauth/token',
  settings: ({ url }) => ({
    ISSUER: url,
    USERINFO_ENDPOINT: `${url}/v2/user/me`,
    JWKS_URI: `${url}/.well-known/jwks.json`,
    END_SESSION_ENDPOINT: `${url}/oauth/logout`,
    LOGOUT_ENDPOINT: `${url}/v1/user/logout`,
    UNLINK_ENDPOINT: `${url}/v1/user/unlink`,
    TOKEN_INFO_ENDPOINT: `${url}/v1/user/access_token_info`,
    ADMIN_KEY: kakaoApp.adminKey,
    APP_ID: String(kakaoApp.id),
    NATIVE_CLIENT_IDS: nativeAppKey,
  }),
  lives: { code: 600, accessToken: 21599 },
  clientAuth: ['post'],
  idTokens: true,
  // Comma or space; without any, the console's consent items, all of them here.
  scopes: (requested) => {
    const asked = (requested ?? '').split(/[ ,]+/).filter((scope) => scope !== '')
    if (asked.length === 0) return items
    return asked.every((scope) => items.includes(scope))
      ? items.filter((item) => asked.includes(item))
      : null
  },
  emailScopes: ['account_email'],
  denied: 'error=access_denied&error_description=User%20denied%20access',
  ownHints: {
    '!without-email-item': { lacksScopes: ['account_email'] },
    '!old-auth-time': {},
  },
  silent: {
    login_required: 'error=login_required&error_description=user%20authentication%20required.',
    consent_required: 'error=consent_required&error_description=user%20consent%20required.',
  },
  authorizeFault: kakaoAuthorizeFault,
  givesRefreshToken: () => true,
  tokenBody: async (stage, grant, issued, refreshed) => ({
    token_type: 'bearer',
    access_token: issued.accessToken,
    ...(grant.scopes.includes('openid')
      ? {
          id_token: await idToken(kakao, stage, grant, 21599, {
            ...kakaoClaims(grant),
            auth_time: grant.authTime,
          }),
        }
      : {}),
    expires_in: issued.expiresIn,
    // Repeated at a refresh only in its last month, which no refresh token here sees.
    ...(refreshed
      ? {}
      : { refresh_token: issued.refreshToken, refresh_token_expires_in: 5_183_999 }),
    scope: grant.scopes.join(' '),
  }),
  tokenFault: kakaoTokenFault,
  native: {
    scope: items.join(' '),
    accessTokens: true,
    claims: (_stage, grant) => ({
      ...kakaoClaims(grant),
      aud: nativeAppKey,
      auth_time: grant.authTime,
    }),
  },
  events: kakaoEvents,
  routes,
}

function routes(app: FastifyInstance, stage: Stage): void {
  endpoint(app, ['GET'], '/.well-known/openid-configuration', () => ({
    status: 200,
    body: {
      ...discovery(kakao, stage),
      userinfo_endpoint: `${stage.url}/v1/oidc/userinfo`,
      jwks_uri: `${stage.url}/.well-known/jwks.json`,
    },
  }))
  endpoint(app, ['GET'], '/.well-known/jwks.json', async () => ({
    status: 200,
    body: await stage.signer.jwks(),
  }))
  endpoint(app, ['GET'], '/.well-known/sse-configuration', () => ({
    status: 200,
    body: { issuer: stage.url, jwks_uri: `${stage.url}/.well-known/jwks.json` },
  }))
  endpoint(app, ['GET', 'POST'], '/v2/user/me', (request) => {
    const bearer = bearerOf(request, stage)
    if (!bearer) return unknownToken
    const given = { ...singleValues(rawQuery(request)), ...formOf(request) }
    return profileAnswer(bearer, kakaoProfile(bearer.grant, given.secure_resource === 'true'))
  })
  endpoint(app, ['GET', 'POST'], '/v1/oidc/userinfo', (request) => {
    const bearer = bearerOf(request, stage)
    if (!bearer) return unknownToken
    if (bearer.grant.scopes.includes('openid'))
      return profileAnswer(bearer, kakaoClaims(bearer.grant))
    const body = { msg: 'insufficient scopes.', code: -402, required_scopes: ['openid'] }
    return { status: 403, body }
  })
  endpoint(app, ['GET'], '/v1/user/access_token_info', (request) => {
    const bearer = bearerOf(request, stage)
    if (!bearer) return unknownToken
    const left = Math.floor(((bearer.expiresAt ?? 0) - Date.now()) / 1000)
    const body = { id: kakaoId(bearer.grant.persona), expires_in: left, app_id: kakaoApp.id }
    return { status: 200, body }
  })
  endpoint(app, ['POST'], '/v1/user/logout', (request) =>
    withTarget(request, stage, (persona, bearer) => {
      if (bearer) stage.ledger.revokePair(bearer.token)
      else stage.ledger.revokeAll(persona)
    }),
  )
  endpoint(app, ['POST'], '/v1/user/unlink', (request) =>
    withTarget(request, stage, (persona) => stage.ledger.unlink(persona)),
  )
  endpoint(app, ['GET'], '/oauth/logout', (request) => browserLogout(request, stage))
}

/** Whom a Bearer token or the admin key with `target_id` means; tells their id when it is done. */
function withTarget(
  request: FastifyRequest,
  stage: Stage,
  end: (persona: Persona, bearer: Bearer | null) => void,
): Answer {
  const bearer = bearerOf(request, stage)
  const form = formOf(request)
  const byKey = request.headers.authorization === `KakaoAK ${kakaoApp.adminKey}`
  if (!bearer && !byKey) return unknownToken
  const target = personas.find((one) => String(kakaoId(one)) === form?.target_id)
  const persona = bearer?.grant.persona ?? (form?.target_id_type === 'user_id' ? target : undefined)
  if (!persona || !stage.ledger.isLinked(persona)) {
    return { status: 400, body: { msg: 'NotRegisteredUserException', code: -101 } }
  }
  end(persona, bearer)
  return { status: 200, body: { id: kakaoId(persona) } }
}

function browserLogout(request: FastifyRequest, stage: Stage): Answer {
  const query = singleValues(rawQuery(request)) ?? {}
  const known = query.client_id === kakao.client.id
  const uri = query.logout_redirect_uri ?? ''
  if (!known || uri !== stage.logoutRedirectUri()) {
    const code = known ? 'KOE007' : 'KOE101'
    return faultPage(kakao, { status: 400, code, text: 'Logout refused.' }, uri, speakerOf(request))
  }
  const state = query.state === undefined ? '' : `?${new URLSearchParams({ state: query.state })}`
  const headers = { ...sessionHeader(kakao.id, null), location: uri + state }
  return { status: 302, body: '', headers }
}

const unknownToken: Answer = {
  status: 401,
  body: { msg: 'this access token does not exist', code: -401 },
}
