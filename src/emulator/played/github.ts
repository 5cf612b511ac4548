import { randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  type Answer,
  type Bearer,
  basicOf,
  bearerOf,
  endpoint,
  html,
  jsonOf,
  profileAnswer,
} from '../http.ts'
import { commonAuthorizeFault, commonTokenFault, oauthError } from '../login/faults.ts'
import { stableHex } from '../personas.ts'
import type { AuthorizeFault, FaultWords, PlayedProvider, TokenFault } from '../provider.ts'
import type { Stage } from '../stage.ts'
import { githubEvents, githubWebhookSecret } from './events/github.ts'
import { githubEmails, githubUser } from './profiles/github.ts'

const docs = 'https://docs.github.com'
const tokenBody = z.object({ access_token: z.string() })
const known = ['read:user', 'user:email', 'user']

/** GitHub: an OAuth App (docs.github.com/apps/oauth-apps/building-oauth-apps). */
export const github: PlayedProvider = {
  id: 'github',
  name: 'GitHub',
  client: {
    id: `Ov23li${stableHex(14, 'github', 'client')}`,
    secret: stableHex(40, 'github', 'secret'),
  },
  authorizePath: '/login/oauth/authorize',
  tokenPath: '/login/oauth/access_token',
  settings: ({ url }) => ({
    USERINFO_ENDPOINT: `${url}/user`,
    EMAILS_ENDPOINT: `${url}/user/emails`,
    REVOCATION_ENDPOINT: `${url}/applications/${github.client.id}/grant`,
    TOKEN_CHECK_ENDPOINT: `${url}/applications/${github.client.id}/token`,
    WEBHOOK_SECRET: githubWebhookSecret,
  }),
  lives: {
    code: 600,
    accessToken: null,
    newCode: () => randomBytes(10).toString('hex'),
    newAccessToken: () => `gho_${randomBytes(18).toString('hex')}`,
  },
  hints: ['login', 'login_hint'],
  clientAuth: ['basic', 'post'],
  withoutTypes: true,
  redirectUriOptionalAtToken: true,
  // Scopes that it does not know are dropped in silence.
  scopes: (requested) => (requested ?? '').split(/[ ,]+/).filter((scope) => known.includes(scope)),
  emailScopes: ['user:email', 'user'],
  denied:
    'error=access_denied&error_description=The+user+has+denied+your+application+access.' +
    `&error_uri=${encodeURIComponent(`${docs}/apps/troubleshooting-authorization-request-errors`)}`,
  ownHints: {
    '!denied-without-iss': { answers: 'error=access_denied', withoutIss: true },
  },
  // Always the public name, also where the endpoints are elsewhere.
  callback: () => ({ iss: 'https://github.com/login/oauth' }),
  authorizeFault,
  givesRefreshToken: () => false,
  tokenBody: (_stage, grant, issued) => ({
    access_token: issued.accessToken,
    scope: grant.scopes.join(','),
    token_type: 'bearer',
  }),
  tokenFault,
  encodeToken: formEncoded,
  native: { scope: 'read:user user:email', accessTokens: true },
  events: githubEvents,
  routes: (app, stage) => {
    endpoint(app, ['GET'], '/user', (request) =>
      withBearer(request, stage, (bearer) =>
        profileAnswer(bearer, githubUser(bearer.grant.persona)),
      ),
    )
    endpoint(app, ['GET'], '/user/emails', (request) =>
      withBearer(request, stage, ({ grant }) =>
        grant.scopes.some((scope) => scope === 'user:email' || scope === 'user')
          ? { status: 200, body: githubEmails(grant.persona) }
          : { ...notFound, headers: { 'x-accepted-oauth-scopes': 'user, user:email' } },
      ),
    )
    endpoint(app, ['DELETE'], '/applications/:client_id/grant', (request) =>
      withToken(request, stage, ({ grant }) => {
        stage.ledger.unlink(grant.persona)
        return { status: 204, body: undefined }
      }),
    )
    endpoint(app, ['POST', 'DELETE'], '/applications/:client_id/token', (request) =>
      withToken(request, stage, (bearer) => {
        if (request.method === 'POST') return { status: 200, body: authorization(bearer) }
        stage.ledger.revokePair(bearer.token)
        return { status: 204, body: undefined }
      }),
    )
  },
}

function authorization({ token, grant }: Bearer): Record<string, unknown> {
  const { login, id } = githubUser(grant.persona)
  const app = { client_id: github.client.id, name: 'Latchkey' }
  return { id: 1, app, token, scopes: grant.scopes, user: { login, id, type: 'User' } }
}

function withBearer(
  request: FastifyRequest,
  stage: Stage,
  answer: (bearer: Bearer) => Answer,
): Answer {
  if (!request.headers['user-agent']) return withoutUserAgent
  const bearer = bearerOf(request, stage)
  return bearer ? answer(bearer) : badCredentials
}

/** For the endpoints at which the app itself signs in and names a token in its JSON body. */
function withToken(
  request: FastifyRequest,
  stage: Stage,
  answer: (bearer: Bearer) => Answer,
): Answer {
  if (!request.headers['user-agent']) return withoutUserAgent
  const basic = basicOf(request)
  if (basic?.id !== github.client.id || basic.secret !== github.client.secret) return badCredentials
  const { client_id } = request.params as { client_id: string }
  const body = tokenBody.safeParse(jsonOf(request))
  if (!body.success) return unprocessable
  const token = body.data.access_token
  const found = stage.ledger.findAccessToken(token)
  return found && client_id === github.client.id ? answer({ ...found, token }) : notFound
}

/** Form-encoded unless JSON is asked for. */
function formEncoded(answer: Answer, request: FastifyRequest): Answer {
  const plain = answer.headers?.['content-type'] !== undefined
  if (plain || request.headers.accept?.includes('application/json')) return answer
  const body = new URLSearchParams(answer.body as Record<string, string>).toString()
  const type = 'application/x-www-form-urlencoded; charset=utf-8'
  return { ...answer, body, headers: { ...answer.headers, 'content-type': type } }
}

function authorizeFault(fault: AuthorizeFault): FaultWords {
  const words = commonAuthorizeFault(fault)
  return fault === 'unknown_client' ? { ...words, status: 404, code: 'Not Found' } : words
}

function tokenFault(fault: TokenFault, given: string): Answer {
  const client = [
    'incorrect_client_credentials',
    'The client_id and/or client_secret passed are incorrect.',
  ] as const
  const code = ['bad_verification_code', 'The code passed is incorrect or expired.'] as const
  const uri = [
    'redirect_uri_mismatch',
    'The redirect_uri MUST match the registered callback URL for this application.',
  ] as const
  const own: Partial<Record<TokenFault, readonly [string, string]>> = {
    unknown_client: client,
    secret: client,
    code,
    redirect_uri: uri,
    verifier: code,
    refresh_token: ['bad_refresh_token', 'The refresh token passed is incorrect or expired.'],
  }
  const words = own[fault]
  const error_uri = `${docs}/apps/troubleshooting-oauth-app-access-token-request-errors`
  // Refusals arrive with 200.
  return words ? oauthError(200, ...words, { error_uri }) : commonTokenFault(fault, given)
}

function apiError(status: number, message: string): Answer {
  const body = { message, documentation_url: `${docs}/rest`, status: String(status) }
  return { status, body }
}

const badCredentials = apiError(401, 'Bad credentials')
const notFound = apiError(404, 'Not Found')
const unprocessable = apiError(422, 'Validation Failed')
const withoutUserAgent = html(
  403,
  'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.',
)
