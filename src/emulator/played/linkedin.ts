import type { FastifyInstance } from 'fastify'
import type { JWTPayload } from 'jose'
import { type Answer, bearerOf, endpoint, formOf, profileAnswer } from '../http.ts'
import type { Grant } from '../login/codes.ts'
import { commonAuthorizeFault, commonTokenFault, oauthError } from '../login/faults.ts'
import { discovery, idTokenClaims } from '../login/oidc.ts'
import { clientOf } from '../login/token.ts'
import { emailOf, type Persona, stableBase64url, stableHex } from '../personas.ts'
import type { AuthorizeFault, FaultWords, PlayedProvider, TokenFault } from '../provider.ts'
import type { Stage } from '../stage.ts'
import { askedScopes } from './asked-scopes.ts'

const known = ['openid', 'profile', 'email']

/** LinkedIn: "Sign In with LinkedIn using OpenID Connect" (learn.microsoft.com/linkedin/consumer). */
export const linkedin: PlayedProvider = {
  id: 'linkedin',
  name: 'LinkedIn',
  client: {
    id: `86${stableHex(12, 'linkedin', 'client')}`,
    secret: `WPL_AP1.${stableHex(16, 'linkedin', 'secret')}.${stableHex(8, 'linkedin', 'end')}`,
  },
  authorizePath: '/oauth/v2/authorization',
  tokenPath: '/oauth/v2/accessToken',
  settings: ({ url }) => ({
    ISSUER: `${url}/oauth`,
    USERINFO_ENDPOINT: `${url}/v2/userinfo`,
    JWKS_URI: `${url}/oauth/openid/jwks`,
    REVOCATION_ENDPOINT: `${url}/oauth/v2/revoke`,
  }),
  lives: { code: 1800, accessToken: 5_183_999 },
  clientAuth: ['post'],
  pkce: 'refused',
  idTokens: true,
  scopes: (requested) => {
    const asked = askedScopes(requested)
    return asked.length > 0 && asked.every((scope) => known.includes(scope)) ? asked : null
  },
  emailScopes: ['email'],
  denied: 'error=user_cancelled_authorize&error_description=The+user+cancelled+the+authorization',
  ownHints: {
    '!denied-login': {
      answers: 'error=user_cancelled_login&error_description=The+user+cancelled+LinkedIn+login',
    },
  },
  authorizeFault,
  // For approved partners only.
  givesRefreshToken: () => false,
  tokenBody: async (stage, grant, issued) => ({
    access_token: issued.accessToken,
    expires_in: issued.expiresIn,
    // By comma, in their own order.
    scope: [...grant.scopes].sort().join(','),
    token_type: 'Bearer',
    ...(grant.scopes.includes('openid') ? { id_token: await idToken(grant, stage) } : {}),
  }),
  tokenFault,
  routes,
}

function routes(app: FastifyInstance, stage: Stage): void {
  endpoint(app, ['GET'], '/oauth/.well-known/openid-configuration', () => {
    const { code_challenge_methods_supported, ...shared } = discovery(linkedin, stage)
    const body = {
      ...shared,
      issuer: `${stage.url}/oauth`,
      userinfo_endpoint: `${stage.url}/v2/userinfo`,
      jwks_uri: `${stage.url}/oauth/openid/jwks`,
      scopes_supported: known,
      grant_types_supported: ['authorization_code'],
    }
    return { status: 200, body }
  })
  endpoint(app, ['GET'], '/oauth/openid/jwks', async () => ({
    status: 200,
    body: await stage.signer.jwks(),
  }))
  endpoint(app, ['GET'], '/v2/userinfo', (request) => {
    const bearer = bearerOf(request, stage)
    if (!bearer) return apiError(401, 65_600, 'Invalid access token')
    if (bearer.grant.scopes.includes('openid')) return profileAnswer(bearer, userinfo(bearer.grant))
    return apiError(403, 100, 'Not enough permissions to access: GET /userinfo')
  })
  endpoint(app, ['POST'], '/oauth/v2/revoke', (request) => {
    const form = formOf(request) ?? {}
    const client = clientOf(linkedin, request, form)
    if (client.id !== linkedin.client.id || client.secret !== linkedin.client.secret) {
      return invalidClient
    }
    stage.ledger.revokePair(form.token ?? '')
    return { status: 200, body: {} }
  })
}

/** No nonce in it, whether one was sent or not; the flag of the e-mail is text, and so the locale. */
function idToken(grant: Grant, stage: Stage): Promise<string> {
  const { email_verified, locale, ...claims } = userinfo(grant)
  const { nonce, ...all }: JWTPayload = idTokenClaims(linkedin, stage, grant, 3600, {
    iss: `${stage.url}/oauth`,
    ...claims,
    ...(email_verified === undefined ? {} : { email_verified: String(email_verified) }),
    ...(locale === undefined ? {} : { locale: `${locale.language}_${locale.country}` }),
  })
  return stage.signer.sign(all, grant.failure === '!forged-id-token')
}

function userinfo({ persona, scopes }: Grant) {
  const email = scopes.includes('email') ? emailOf('linkedin', persona) : null
  return {
    sub: subjectOf(persona),
    ...(scopes.includes('profile')
      ? {
          name: persona.name,
          given_name: persona.givenName,
          family_name: persona.familyName,
          locale: localeOf(persona),
          ...(persona.picture
            ? { picture: `https://media.licdn.example/dms/image/${persona.id}?e=1&v=beta` }
            : {}),
        }
      : {}),
    ...(email === null ? {} : { email, email_verified: persona.email === 'verified' }),
  }
}

/** Means this person in this app only; a dash and an underscore are part of some. */
function subjectOf(persona: Persona): string {
  return stableBase64url('linkedin', persona.id).slice(0, 10)
}

function localeOf({ locale }: Persona): { country: string; language: string } {
  const countries: Record<string, string> = { ko: 'KR', ja: 'JP' }
  return { country: countries[locale] ?? 'US', language: locale }
}

function authorizeFault(fault: AuthorizeFault): FaultWords {
  const words = commonAuthorizeFault(fault)
  if (fault === 'scope') return { ...words, code: 'unauthorized_scope_error' }
  if (fault === 'pkce') return { ...words, text: 'PKCE is not enabled for this application.' }
  const uri = 'The redirect_uri does not match the registered value'
  return fault === 'redirect_uri'
    ? { ...words, code: 'Bummer, something went wrong.', text: uri }
    : words
}

function tokenFault(fault: TokenFault, given: string): Answer {
  const mismatch = oauthError(
    400,
    'invalid_request',
    'Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. Or authorization code expired.',
  )
  const own: Partial<Record<TokenFault, Answer>> = {
    unknown_client: invalidClient,
    secret: invalidClient,
    code: mismatch,
    redirect_uri: mismatch,
    verifier: mismatch,
  }
  return own[fault] ?? commonTokenFault(fault, given)
}

/** The API's own form. */
function apiError(status: number, serviceErrorCode: number, message: string): Answer {
  return { status, body: { status, serviceErrorCode, message } }
}

const invalidClient = oauthError(401, 'invalid_client', 'Client authentication failed')
