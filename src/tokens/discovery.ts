import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { SCOPES } from '../core/client/scope.ts'
import { LANGUAGES } from '../core/pages/language.ts'
import { publicDocument } from '../http/headers.ts'
import { preflightOfPublic } from '../http/routes/cors.ts'
import { route } from '../http/routes/route.ts'

/** Server metadata (RFC 8414, section 2; OpenID Connect Discovery 1.0, section 3). */
const Metadata = z
  .looseObject({
    issuer: z.url().meta({ description: '`iss` of all tokens.' }),
    authorization_endpoint: z.url().meta({ description: 'The sign-in page.' }),
    token_endpoint: z.url().meta({ description: 'Codes and refresh tokens for tokens.' }),
    jwks_uri: z.url().meta({ description: 'The public signing keys.' }),
  })
  .meta({ id: 'Metadata', description: 'RFC 8414, section 2, and all else that it names.' })

/** Seconds for which the metadata may be cached. */
const CACHE_SECONDS = 300

/** Serves the metadata at both well-known addresses. */
export function metadataRoutes(
  room: FastifyInstance,
  options: { publicUrl: string; idTokenAlgs: readonly string[]; grantTypes: readonly string[] },
): void {
  const { publicUrl: url, idTokenAlgs, grantTypes } = options
  const secrets = ['client_secret_basic', 'client_secret_post']
  const metadata = {
    issuer: url,
    authorization_endpoint: `${url}/login`,
    token_endpoint: `${url}/token`,
    userinfo_endpoint: `${url}/me`,
    jwks_uri: `${url}/.well-known/jwks.json`,
    revocation_endpoint: `${url}/revoke`,
    introspection_endpoint: `${url}/introspect`,
    end_session_endpoint: `${url}/logout`,
    service_documentation: `${url}/docs`,
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post', 'web_message', 'cookie'],
    grant_types_supported: grantTypes,
    code_challenge_methods_supported: ['S256'],
    // `provider_tokens` and `admin` are left out: only clients whose settings allow them can get
    // them.
    scopes_supported: SCOPES.filter((scope) => scope !== 'provider_tokens' && scope !== 'admin'),
    prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
    claim_types_supported: ['normal'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: idTokenAlgs,
    token_endpoint_auth_methods_supported: [...secrets, 'none'],
    revocation_endpoint_auth_methods_supported: [...secrets, 'none'],
    introspection_endpoint_auth_methods_supported: secrets,
    claims_supported: [
      'sub',
      'iss',
      'aud',
      'exp',
      'iat',
      'auth_time',
      'nonce',
      'at_hash',
      'sid',
      'name',
      'email',
      'email_verified',
      'picture',
      'locale',
      'updated_at',
    ],
    ui_locales_supported: [...LANGUAGES],
    authorization_response_iss_parameter_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    claims_parameter_supported: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  }
  const places = [
    {
      path: '/.well-known/openid-configuration',
      operationId: 'getOpenIdMetadata',
      summary: 'OpenID Connect metadata',
      description: 'OpenID Connect Discovery 1.0.',
    },
    {
      path: '/.well-known/oauth-authorization-server',
      operationId: 'getOAuthMetadata',
      summary: 'OAuth metadata',
      description: 'The same document as OpenID Connect’s, at the address that RFC 8414 names.',
    },
  ]
  for (const { path, ...described } of places) {
    preflightOfPublic(room, path)
    route(room, 'GET', path, {
      docs: {
        ...described,
        tags: ['tokens'],
        security: [],
        cacheSeconds: CACHE_SECONDS,
        answers: { 200: 'The metadata.' },
        examples: { metadata: { summary: 'This server', status: 200, answer: metadata } },
      },
      responses: { 200: Metadata },
      handle: ({ reply }) => {
        reply.headers(publicDocument(CACHE_SECONDS))
        return metadata
      },
    })
  }
}
