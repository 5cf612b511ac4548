import type { FastifyInstance, FastifyRequest } from 'fastify'
import {
  type Answer,
  type Bearer,
  bearerOf,
  endpoint,
  profileAnswer,
  rawQuery,
  singleValues,
} from '../http.ts'
import { type Grant, randomToken } from '../login/codes.ts'
import { discovery, idToken, isIdTokenOf } from '../login/oidc.ts'
import { sessionHeader } from '../login/session.ts'
import { speakerOf } from '../pages/language.ts'
import { faultPage } from '../pages/pick-page.ts'
import { personas, stableBase64url, stableUuid } from '../personas.ts'
import type { FaultWords, PlayedProvider } from '../provider.ts'
import type { Stage } from '../stage.ts'
import { askedScopes } from './asked-scopes.ts'
import {
  aadQuery,
  microsoftAuthorizeFault,
  microsoftTokenFault,
  unknownTenant,
} from './faults/microsoft.ts'
import {
  microsoftClaims,
  microsoftMe,
  microsoftUserinfo,
  personalTenant,
  tenantOf,
} from './profiles/microsoft.ts'

const scopes = ['openid', 'profile', 'email', 'offline_access', 'User.Read']
const signInNames = ['common', 'organizations', 'consumers']
const tenantIds: ReadonlySet<string> = new Set(personas.map((persona) => tenantOf(persona)))

/** Microsoft: Entra ID v2.0 with any tenant (learn.microsoft.com/entra/identity-platform). */
export const microsoft: PlayedProvider = {
  id: 'microsoft',
  name: 'Microsoft',
  client: {
    id: stableUuid('microsoft', 'client'),
    secret: `Lk~8Q~${stableBase64url('microsoft', 'secret').slice(0, 34)}`,
  },
  authorizePath: '/common/oauth2/v2.0/authorize',
  tokenPath: '/common/oauth2/v2.0/token',
  authorizeRoutes: ['/:tenant/oauth2/v2.0/authorize'],
  tokenRoutes: ['/:tenant/oauth2/v2.0/token'],
  settings: ({ url }) => ({
    // The template, as discovery has it; a token carries it filled with its `tid`.
    ISSUER: `${url}/{tenantid}/v2.0`,
    TENANT: 'common',
    DISCOVERY_ENDPOINT: `${url}/common/v2.0/.well-known/openid-configuration`,
    USERINFO_ENDPOINT: `${url}/oidc/userinfo`,
    PROFILE_ENDPOINT: `${url}/v1.0/me`,
    JWKS_URI: `${url}/common/discovery/v2.0/keys`,
    END_SESSION_ENDPOINT: `${url}/common/oauth2/v2.0/logout`,
  }),
  lives: { code: 600, accessToken: 3599, newCode: () => `1.A${randomToken()}.${randomToken()}` },
  clientAuth: ['post', 'basic'],
  idTokens: true,
  scopes: (requested) => {
    const asked = askedScopes(requested)
    const known = asked.length > 0 && asked.every((scope) => scopes.includes(scope))
    return known ? scopes.filter((scope) => asked.includes(scope)) : null
  },
  emailScopes: ['email'],
  denied: `${aadQuery('access_denied', 65004, 'User declined to consent to access the app.')}&error_subcode=cancel`,
  silent: {
    login_required: aadQuery('login_required', 50058, 'Session information is not sufficient.'),
    consent_required: aadQuery('consent_required', 65001, 'The user has not consented.'),
    interaction_required: aadQuery('interaction_required', 50076, 'The user must use MFA.'),
  },
  authorizeCheck: ({ tenant = '' }) => (isTenant(tenant) ? null : 'tenant'),
  tokenCheck: ({ tenant = '' }) => (isTenant(tenant) ? null : 'tenant'),
  personaFault,
  authorizeFault: microsoftAuthorizeFault,
  givesRefreshToken: ({ scopes: given }) => given.includes('offline_access'),
  // The old refresh token stays valid beside the new one.
  refreshing: () => 'added',
  tokenBody: async (stage, grant, issued) => ({
    token_type: 'Bearer',
    scope: grant.scopes.filter((scope) => scope !== 'offline_access').join(' '),
    expires_in: issued.expiresIn,
    ext_expires_in: issued.expiresIn,
    access_token: issued.accessToken,
    ...(issued.refreshToken === null ? {} : { refresh_token: issued.refreshToken }),
    ...(grant.scopes.includes('openid')
      ? { id_token: await idToken(microsoft, stage, grant, 3599, claims(stage, grant)) }
      : {}),
  }),
  tokenFault: microsoftTokenFault,
  native: { scope: 'openid profile email', claims: (stage, grant) => claims(stage, grant) },
  routes,
}

function routes(app: FastifyInstance, stage: Stage): void {
  const below = (tenant: string) => `${stage.url}/${tenant}`
  endpoint(app, ['GET'], '/:tenant/v2.0/.well-known/openid-configuration', (request) => {
    const tenant = tenantIn(request)
    if (!isTenant(tenant)) return unknownTenant(tenant)
    const body = {
      ...discovery(microsoft, stage),
      // One issuer for each tenant: where the tenant is open, a template.
      issuer: issuerOf(stage, fixedTenant(tenant) ?? '{tenantid}'),
      authorization_endpoint: `${below(tenant)}/oauth2/v2.0/authorize`,
      token_endpoint: `${below(tenant)}/oauth2/v2.0/token`,
      end_session_endpoint: `${below(tenant)}/oauth2/v2.0/logout`,
      jwks_uri: `${below(tenant)}/discovery/v2.0/keys`,
      userinfo_endpoint: `${stage.url}/oidc/userinfo`,
      subject_types_supported: ['pairwise'],
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt'],
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
      code_challenge_methods_supported: undefined,
    }
    return { status: 200, body }
  })
  endpoint(app, ['GET'], '/:tenant/discovery/v2.0/keys', async (request) => {
    const tenant = tenantIn(request)
    return isTenant(tenant)
      ? { status: 200, body: await stage.signer.jwks() }
      : unknownTenant(tenant)
  })
  endpoint(app, ['GET', 'POST'], '/oidc/userinfo', (request) =>
    withBearer(request, stage, ({ grant }) =>
      microsoftUserinfo(grant, microsoft.client.id, stage.url),
    ),
  )
  endpoint(app, ['GET'], '/v1.0/me', (request) =>
    withBearer(request, stage, ({ grant }) => microsoftMe(grant)),
  )
  endpoint(app, ['GET'], '/:tenant/oauth2/v2.0/logout', (request) => logout(request, stage))
}

async function logout(request: FastifyRequest, stage: Stage): Promise<Answer> {
  const query = singleValues(rawQuery(request)) ?? {}
  const { post_logout_redirect_uri: uri, id_token_hint: hint } = query
  const fault = (status: number, code: string, text: string) =>
    faultPage(microsoft, { status, code, text }, uri ?? '', speakerOf(request))
  if (hint !== undefined && !(await isIdTokenOf(microsoft, stage, hint))) {
    return fault(400, 'invalid_request', 'The id_token_hint is not valid.')
  }
  const headers = sessionHeader(microsoft.id, null)
  if (uri !== stage.logoutRedirectUri()) {
    // Signed out all the same, and nowhere to go.
    const page = fault(200, 'Signed out', 'You signed out of your account.')
    return { ...page, headers: { ...page.headers, ...headers } }
  }
  const state = query.state === undefined ? '' : `?${new URLSearchParams({ state: query.state })}`
  return { status: 302, body: '', headers: { ...headers, location: uri + state } }
}

function claims(stage: Stage, grant: Grant) {
  const now = Math.floor(Date.now() / 1000)
  const common = { iss: issuerOf(stage, tenantOf(grant.persona)), nbf: now }
  return { ...common, ...microsoftClaims(grant, microsoft.client.id) }
}

function issuerOf(stage: Stage, tenant: string): string {
  return `${stage.url}/${tenant}/v2.0`
}

function tenantIn(request: FastifyRequest): string {
  return (request.params as { tenant: string }).tenant
}

function isTenant(tenant: string): boolean {
  return signInNames.includes(tenant) || tenantIds.has(tenant)
}

/** The id where a path means one tenant only. */
function fixedTenant(tenant: string): string | null {
  if (tenant === 'consumers') return personalTenant
  return signInNames.includes(tenant) ? null : tenant
}

/** Whom the path of the request does not let in: it may be for one tenant, or for organizations. */
function personaFault({ persona, request }: Grant): FaultWords | null {
  const { tenant = '' } = request
  const own = tenantOf(persona)
  const fits =
    tenant === 'organizations' ? own !== personalTenant : own === (fixedTenant(tenant) ?? own)
  const text = 'The user account does not exist in the tenant.'
  return fits ? null : { status: 400, code: 'AADSTS50020', text }
}

function withBearer(
  request: FastifyRequest,
  stage: Stage,
  body: (bearer: Bearer) => unknown,
): Answer {
  const bearer = bearerOf(request, stage)
  if (bearer) return profileAnswer(bearer, body(bearer))
  const message = 'Access token is empty or not valid.'
  return { status: 401, body: { error: { code: 'InvalidAuthenticationToken', message } } }
}
