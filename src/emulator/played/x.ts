import type { FastifyInstance } from 'fastify'
import {
  type Answer,
  basicOf,
  bearerOf,
  endpoint,
  formOf,
  profileAnswer,
  rawQuery,
  singleValues,
} from '../http.ts'
import type { Grant } from '../login/codes.ts'
import { commonAuthorizeFault, commonTokenFault, oauthError } from '../login/faults.ts'
import { emailOf, type Persona, stableBase64url, stableDigits } from '../personas.ts'
import type { PlayedProvider, TokenFault } from '../provider.ts'
import type { Stage } from '../stage.ts'
import { askedScopes } from './asked-scopes.ts'

const scopes = ['users.email', 'users.read', 'offline.access', 'tweet.read']
const longestState = 500

/** X: OAuth 2 for a confidential client (docs.x.com fundamentals/authentication/oauth-2-0). */
export const x: PlayedProvider = {
  id: 'x',
  name: 'X',
  client: {
    id: Buffer.from(`${stableBase64url('x', 'client').slice(0, 20)}:1:ci`).toString('base64url'),
    secret: `${stableBase64url('x', 'secret')}_${stableBase64url('x', 'more').slice(0, 6)}`,
  },
  authorizePath: '/i/oauth2/authorize',
  tokenPath: '/2/oauth2/token',
  settings: ({ url }) => ({
    USERINFO_ENDPOINT: `${url}/2/users/me`,
    REVOCATION_ENDPOINT: `${url}/2/oauth2/revoke`,
  }),
  lives: { code: 30, accessToken: 7200 },
  clientAuth: ['basic'],
  pkce: 'required',
  scopes: (requested) => {
    const asked = askedScopes(requested)
    const known = asked.length > 0 && asked.every((scope) => scopes.includes(scope))
    return known ? scopes.filter((scope) => asked.includes(scope)) : null
  },
  emailScopes: ['users.email'],
  authorizeCheck: ({ state = '' }) => (state.length > longestState ? 'state' : null),
  denied: 'error=access_denied',
  ownHints: { '!no-credits': {}, '!not-enrolled': {} },
  authorizeFault: commonAuthorizeFault,
  givesRefreshToken: ({ scopes: given }) => given.includes('offline.access'),
  refreshing: () => 'replaced',
  tokenBody: (_stage, grant, issued) => ({
    token_type: 'bearer',
    expires_in: issued.expiresIn,
    access_token: issued.accessToken,
    scope: grant.scopes.join(' '),
    ...(issued.refreshToken === null ? {} : { refresh_token: issued.refreshToken }),
  }),
  tokenFault,
  routes,
}

function routes(app: FastifyInstance, stage: Stage): void {
  endpoint(app, ['GET'], '/2/users/me', (request) => {
    const bearer = bearerOf(request, stage)
    if (!bearer) return problem(401, 'Unauthorized', 'Unauthorized')
    const refused = refusals[bearer.grant.failure ?? '']
    if (refused) return refused
    const needed = ['users.read', 'tweet.read']
    if (!needed.every((scope) => bearer.grant.scopes.includes(scope))) {
      return problem(403, 'Forbidden', `Scopes ${needed.join(' and ')} are needed.`)
    }
    const fields = singleValues(rawQuery(request))?.['user.fields']?.split(',') ?? []
    return profileAnswer(bearer, profile(bearer.grant, fields))
  })
  endpoint(app, ['POST'], '/2/oauth2/revoke', (request) => {
    const basic = basicOf(request)
    if (basic?.id !== x.client.id || basic.secret !== x.client.secret) return unauthorizedClient
    const { token } = formOf(request) ?? {}
    if (!token) return oauthError(400, 'invalid_request', 'Missing required parameter [token].')
    stage.ledger.revokePair(token)
    return { status: 200, body: { revoked: true } }
  })
}

/** `id`, `name` and `username`, and of the others those that were asked for. */
function profile({ persona, scopes: given }: Grant, fields: readonly string[]) {
  const further: Record<string, unknown> = {
    verified: false,
    profile_image_url: imageOf(persona),
    created_at: '2020-09-02T13:39:14.000Z',
    // An address that is not confirmed is never told.
    ...(given.includes('users.email') && persona.email === 'verified'
      ? { confirmed_email: emailOf('x', persona) }
      : {}),
  }
  const wanted = Object.entries(further).filter(([name]) => fields.includes(name))
  const data = {
    id: stableDigits(19, 'x', persona.id),
    name: persona.name,
    username: `${persona.id}_emulated`,
    ...Object.fromEntries(wanted),
  }
  const lacksScope = fields.includes('confirmed_email') && !given.includes('users.email')
  // A part that fails stands beside the data, with 200.
  return lacksScope ? { data, errors: [fieldError] } : { data }
}

function imageOf({ id, picture }: Persona): string {
  return picture
    ? `https://pbs.twimg.example/profile_images/${id}/photo_normal.jpg`
    : 'https://abs.twimg.example/sticky/default_profile_images/default_profile_normal.png'
}

function tokenFault(fault: TokenFault, given: string): Answer {
  const invalid = (what: string) =>
    oauthError(400, 'invalid_request', `Value passed for the ${what} was invalid.`)
  switch (fault) {
    case 'unknown_client':
    case 'secret':
      return unauthorizedClient
    case 'code':
      return invalid('authorization code')
    case 'redirect_uri':
      return invalid('redirect uri')
    case 'verifier':
      return invalid('code verifier')
    case 'refresh_token':
      return invalid('token')
    default:
      return commonTokenFault(fault, given)
  }
}

function problem(status: number, title: string, detail: string): Answer {
  return { status, body: { title, type: 'about:blank', status, detail } }
}

const fieldError = {
  title: 'Field Authorization Error',
  detail: 'Sorry, you are not authorized to access the field confirmed_email on the User.',
  type: 'https://api.twitter.com/2/problems/not-authorized-for-field',
}
/** What the API answers to an app that may not call it, after a good exchange. */
const refusals: Readonly<Record<string, Answer>> = {
  '!no-credits': {
    status: 402,
    body: {
      account_id: 1,
      title: 'CreditsDepleted',
      type: 'https://api.twitter.com/2/problems/credits',
      detail: 'Your enrolled account does not have any credits to fulfill this request.',
    },
  },
  '!not-enrolled': {
    status: 403,
    body: {
      client_id: '1',
      title: 'Client Forbidden',
      type: 'https://api.twitter.com/2/problems/client-forbidden',
      reason: 'client-not-enrolled',
      required_enrollment: 'Appropriate Level of API Access',
      registration_url: 'https://developer.x.com/en/docs/projects/overview',
      detail: 'The developer App is not attached to a Project.',
    },
  },
}
const unauthorizedClient = oauthError(
  401,
  'unauthorized_client',
  'Missing valid authorization header',
)
