import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { publicDocument } from '../http/headers.ts'

/** Server metadata (RFC 8414, section 2; OpenID Connect Discovery 1.0, section 3). */
const Metadata = z
  .looseObject({
    issuer: z.url(),
    authorization_endpoint: z.url(),
    token_endpoint: z.url(),
    jwks_uri: z.url(),
  })
  .meta({ id: 'Metadata' })

/** The metadata at both well-known addresses. */
export function metadataRoutes(
  room: FastifyInstance,
  options: { publicUrl: string; signingAlg: string; grantTypes: readonly string[] },
): void {
  const { publicUrl: url, signingAlg, grantTypes } = options
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
    response_modes_supported: ['query', 'cookie', 'web_message'],
    grant_types_supported: grantTypes,
    code_challenge_methods_supported: ['S256'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [signingAlg],
    token_endpoint_auth_methods_supported: [...secrets, 'none'],
    revocation_endpoint_auth_methods_supported: [...secrets, 'none'],
    introspection_endpoint_auth_methods_supported: secrets,
    claims_supported: [
      ...['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'sid', 'name', 'email'],
      ...['email_verified', 'picture', 'locale', 'updated_at'],
    ],
    ui_locales_supported: ['en', 'ko', 'ja'],
    authorization_response_iss_parameter_supported: true,
    claims_parameter_supported: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  }
  for (const [path, operationId, description] of [
    ['/.well-known/openid-configuration', 'getOpenIdMetadata', 'OpenID Connect Discovery 1.0.'],
    ['/.well-known/oauth-authorization-server', 'getOAuthMetadata', 'The same by RFC 8414.'],
  ] as const) {
    room.withTypeProvider<ZodTypeProvider>().get(
      path,
      {
        schema: {
          ...{ operationId, description },
          summary: 'Server metadata',
          tags: ['tokens'],
          security: [],
          response: { 200: Metadata },
          answers: { 200: 'The metadata.' },
          examples: { metadata: { summary: 'This server', status: 200, answer: metadata } },
        },
      },
      async (_request, reply) => {
        reply.headers(publicDocument(300))
        return metadata
      },
    )
  }
}
