import { randomUUID } from 'node:crypto'
import { type Answer, endpoint } from '../http.ts'
import { type Code, type Grant, randomToken } from '../login/codes.ts'
import { commonAuthorizeFault, commonTokenFault } from '../login/faults.ts'
import { stableDigits, stableHex } from '../personas.ts'
import type { AuthorizeFault, FaultWords, PlayedProvider, TokenFault } from '../provider.ts'
import type { Stage } from '../stage.ts'
import { facebookEvents } from './events/facebook.ts'
import { addGraph, graphError, limitedClaims, versioned } from './facebook-graph.ts'

const scopes = ['public_profile', 'email']
const tokenSeconds = 5_183_944

/** Facebook: classic Facebook Login and Graph (developers.facebook.com); no OpenID variant. */
export const facebook: PlayedProvider = {
  id: 'facebook',
  name: 'Facebook',
  client: { id: stableDigits(16, 'facebook', 'app'), secret: stableHex(32, 'facebook', 'secret') },
  authorizePath: '/v24.0/dialog/oauth',
  tokenPath: '/v24.0/oauth/access_token',
  authorizeRoutes: versioned('/dialog/oauth'),
  tokenRoutes: versioned('/oauth/access_token'),
  settings: ({ url }) => ({
    ISSUER: url,
    JWKS_URI: `${url}/.well-known/oauth/openid/jwks/`,
    USERINFO_ENDPOINT: `${url}/v24.0/me`,
    // `me` or the person's id; with the app's own token, the id.
    REVOCATION_ENDPOINT: `${url}/v24.0/{subject}/permissions`,
    DEBUG_TOKEN_ENDPOINT: `${url}/debug_token`,
  }),
  lives: {
    code: 600,
    accessToken: tokenSeconds,
    newCode: () => `AQ${randomToken()}${randomToken()}`,
    newAccessToken: () => `EAAG${randomToken()}${randomToken()}`,
  },
  clientAuth: ['post'],
  tokenMethods: ['GET', 'POST'],
  pkce: 'ignored',
  scopes: (requested) => {
    const asked = (requested ?? '').split(/[ ,]+/).filter((scope) => scope !== '')
    const known = asked.every((scope) => scopes.includes(scope))
    return known ? scopes.filter((one) => one === 'public_profile' || asked.includes(one)) : null
  },
  emailScopes: ['email'],
  denied:
    'error=access_denied&error_reason=user_denied&error_description=Permissions+error&error_code=200',
  callbackFragment: '_=_',
  authorizeFault,
  givesRefreshToken: () => false,
  tokenBody: (_stage, grant, issued) => tokenBody(grant, issued.accessToken),
  tokenFault,
  grants: { fb_exchange_token: exchangeToken },
  // A limited login's ID token cannot call Graph; a classic one has an access token.
  native: {
    scope: 'public_profile,email',
    accessTokens: true,
    alwaysNonce: true,
    claims: (_stage, grant) => ({ ...limitedClaims(grant), jti: randomUUID() }),
  },
  events: facebookEvents,
  routes: (app, stage) => {
    endpoint(app, ['GET'], '/.well-known/oauth/openid/jwks/', async () => ({
      status: 200,
      body: await stage.signer.jwks(),
    }))
    addGraph(app, stage, facebook)
  },
}

/** `expires_in` may be missing. */
function tokenBody({ persona }: Grant, token: string): Record<string, unknown> {
  const expires = persona.id === 'sora' ? {} : { expires_in: tokenSeconds }
  return { access_token: token, token_type: 'bearer', ...expires }
}

/** A token for one that lives longer, which is what there is in place of refresh tokens. */
function exchangeToken(stage: Stage, form: Readonly<Record<string, string>>): Answer {
  const found = stage.ledger.findAccessToken(form.fb_exchange_token ?? '')
  if (!found) return graphError(400, 190, 'Invalid OAuth access token.')
  const { accessToken } = stage.ledger.issueTokens(found.grant, null)
  return { status: 200, body: tokenBody(found.grant, accessToken) }
}

function authorizeFault(fault: AuthorizeFault): FaultWords {
  const words = commonAuthorizeFault(fault)
  const codes: Partial<Record<AuthorizeFault, string>> = {
    unknown_client: 'Invalid App ID',
    redirect_uri: 'URL Blocked',
    scope: 'Invalid Scopes',
  }
  return { ...words, code: codes[fault] ?? words.code }
}

function tokenFault(fault: TokenFault, given: string, code?: Code | null): Answer {
  switch (fault) {
    case 'method':
    case 'content_type':
      return commonTokenFault(fault, given)
    case 'unknown_client':
      return graphError(400, 101, 'Error validating application. Invalid application ID.')
    case 'secret':
      return graphError(400, 1, 'Error validating client secret.')
    case 'code':
      return graphError(400, 100, ...codeWords(code))
    case 'redirect_uri':
      return graphError(400, 100, 'Error validating verification code.', { error_subcode: 36008 })
    default:
      return graphError(400, 100, 'Invalid parameter')
  }
}

function codeWords(code: Code | null | undefined): [string, { error_subcode?: number }] {
  if (!code) return ['Invalid verification code format.', {}]
  return code.used
    ? ['This authorization code has been used.', { error_subcode: 36009 }]
    : ['This authorization code has expired.', { error_subcode: 36007 }]
}
