import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Answer, bearerOf, endpoint, formOf, profileAnswer } from '../http.ts'
import { commonAuthorizeFault, commonTokenFault, oauthError } from '../login/faults.ts'
import { clientOf } from '../login/token.ts'
import { stableDigits, stableHex } from '../personas.ts'
import type { AuthorizeFault, FaultWords, PlayedProvider, TokenFault } from '../provider.ts'
import type { Stage } from '../stage.ts'
import { askedScopes } from './asked-scopes.ts'
import { discordEvents, discordPublicKey } from './events/discord.ts'
import { discordUser } from './profiles/discord.ts'

// The official table of scopes has no openid: no ID tokens here.
const known = ['identify', 'email']

/** Discord: OAuth 2 and `/users/@me` (discord.com/developers/docs/topics/oauth2). */
export const discord: PlayedProvider = {
  id: 'discord',
  name: 'Discord',
  client: {
    id: stableDigits(19, 'discord', 'client'),
    secret: stableHex(32, 'discord', 'secret'),
  },
  authorizePath: '/oauth2/authorize',
  tokenPath: '/api/oauth2/token',
  settings: ({ url }) => ({
    USERINFO_ENDPOINT: `${url}/api/v10/users/@me`,
    REVOCATION_ENDPOINT: `${url}/api/oauth2/token/revoke`,
    PUBLIC_KEY: discordPublicKey,
  }),
  lives: { code: 600, accessToken: 604_800 },
  clientAuth: ['basic', 'post'],
  refreshing: () => 'replaced',
  scopes: (requested) => {
    const asked = askedScopes(requested)
    return asked.length > 0 && asked.every((scope) => known.includes(scope)) ? asked : null
  },
  emailScopes: ['email'],
  denied:
    'error=access_denied&error_description=' +
    'The+resource+owner+or+authorization+server+denied+the+request',
  ownHints: { '!denied-without-iss': { answers: 'error=access_denied', withoutIss: true } },
  // Always the public name, also where the endpoints are elsewhere.
  callback: () => ({ iss: 'https://discord.com' }),
  authorizeFault,
  givesRefreshToken: () => true,
  tokenBody: (_stage, grant, issued) => ({
    token_type: 'Bearer',
    access_token: issued.accessToken,
    expires_in: issued.expiresIn,
    refresh_token: issued.refreshToken,
    scope: grant.scopes.join(' '),
  }),
  tokenFault,
  events: discordEvents,
  routes,
}

function routes(app: FastifyInstance, stage: Stage): void {
  // The path without a version works too.
  for (const path of ['/api/v10/users/@me', '/api/users/@me']) {
    endpoint(app, ['GET'], path, (request) => {
      const bearer = bearerOf(request, stage)
      if (!bearer?.grant.scopes.includes('identify')) return apiError(401, 'Unauthorized')
      return profileAnswer(bearer, discordUser(bearer.grant))
    })
  }
  endpoint(app, ['POST'], '/api/oauth2/token/revoke', (request) => revoke(request, stage))
}

/** One token is enough to end every token of that authorization. */
function revoke(request: FastifyRequest, stage: Stage): Answer {
  const form = formOf(request) ?? {}
  const client = clientOf(discord, request, form)
  if (client.id !== discord.client.id || client.secret !== discord.client.secret) {
    return invalidClient
  }
  const token = form.token ?? ''
  const { ledger } = stage
  const grant = ledger.findAccessToken(token)?.grant ?? ledger.findRefreshToken(token)
  if (grant) ledger.revokeAll(grant.persona)
  return { status: 200, body: {} }
}

function authorizeFault(fault: AuthorizeFault): FaultWords {
  const words = commonAuthorizeFault(fault)
  return fault === 'redirect_uri' ? { ...words, code: 'Invalid OAuth2 redirect_uri' } : words
}

function tokenFault(fault: TokenFault, given: string): Answer {
  const invalid = (error: string, name: string) =>
    oauthError(400, error, `Invalid "${name}" in request.`)
  const own: Partial<Record<TokenFault, Answer>> = {
    method: apiError(405, 'Method Not Allowed'),
    content_type: apiError(415, 'Unsupported Media Type'),
    unknown_client: invalidClient,
    secret: invalidClient,
    code: invalid('invalid_grant', 'code'),
    redirect_uri: invalid('invalid_grant', 'redirect_uri'),
    verifier: invalid('invalid_grant', 'code_verifier'),
    refresh_token: invalid('invalid_grant', 'refresh_token'),
  }
  return own[fault] ?? commonTokenFault(fault, given)
}

function apiError(status: number, message: string): Answer {
  return { status, body: { message: `${status}: ${message}`, code: 0 } }
}

const invalidClient: Answer = { status: 401, body: { error: 'invalid_client' } }
