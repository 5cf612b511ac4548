import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type Client, grantScope } from '../core/client.ts'
import { authenticateClient } from './client-auth.ts'
import { OAuthError } from './oauth-errors.ts'

/** Native sign-in as a grant type (RFC 8693). */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

/** What an app may have of its provider's SDK (RFC 8693, section 3). */
const TOKEN_TYPES = new Map([
  ['urn:ietf:params:oauth:token-type:id_token', 'id_token'],
  [ACCESS_TOKEN, 'access_token'],
] as const)

/** The parameters of a token exchange (RFC 8693, section 2.1), and those of ours. */
export const ExchangeParameters = z.object({
  // Visible ASCII, since it is sent on in a header.
  subject_token: z
    .string()
    .max(16_384)
    .regex(/^[\x21-\x7e]+$/)
    .optional()
    .meta({ description: 'The token that the provider’s SDK gave to the app.' }),
  subject_token_type: z
    .string()
    .max(128)
    .optional()
    .meta({ description: '`urn:ietf:params:oauth:token-type:id_token` or `…:access_token`.' }),
  subject_issuer: z.string().max(64).optional().meta({ description: 'Id of the provider.' }),
  nonce: z.string().max(255).optional().meta({ description: 'What the app gave to the SDK.' }),
  requested_token_type: z
    .string()
    .max(128)
    .optional()
    .meta({ description: 'Only `urn:ietf:params:oauth:token-type:access_token` there is.' }),
  actor_token: z
    .string()
    .max(16_384)
    .optional()
    .meta({ description: 'Refused: there is no delegation.' }),
})

/** What the exchange needs of the room that signs people in; gives a token response. */
export type SignInNatively = (
  asked: {
    provider: string
    kind: 'id_token' | 'access_token'
    token: string
    nonce: string | null
    clientId: string
    scope: string
  },
  request: FastifyRequest,
) => Promise<object>

/** Swaps a token of a provider's mobile SDK for tokens of ours. */
export async function exchangeToken(
  options: { clients: readonly Client[]; signInNatively: SignInNatively },
  request: FastifyRequest,
  body: z.infer<typeof ExchangeParameters> & {
    client_id?: string | undefined
    client_secret?: string | undefined
    scope?: string | undefined
  },
): Promise<object> {
  const client = authenticateClient(options.clients, request.headers.authorization, body)
  const { subject_token: token, subject_token_type: type, subject_issuer: provider } = body
  if (token === undefined) throw missing('subject_token')
  if (type === undefined) throw missing('subject_token_type')
  if (provider === undefined) throw missing('subject_issuer')
  const kind = TOKEN_TYPES.get(type as never)
  if (kind === undefined) {
    const known = [...TOKEN_TYPES.keys()].join(' or ')
    throw new OAuthError('invalid_request', `The subject_token_type must be ${known}.`)
  }
  if (body.requested_token_type !== undefined && body.requested_token_type !== ACCESS_TOKEN) {
    throw new OAuthError('invalid_request', `The requested_token_type can be ${ACCESS_TOKEN} only.`)
  }
  if (body.actor_token !== undefined) {
    throw new OAuthError('invalid_request', 'There is no delegation here: send no actor_token.')
  }
  const tokens = await options.signInNatively(
    {
      ...{ provider, kind, token },
      nonce: body.nonce ?? null,
      clientId: client.id,
      scope: grantScope(body.scope),
    },
    request,
  )
  return { ...tokens, issued_token_type: ACCESS_TOKEN }
}

const missing = (name: string) => new OAuthError('invalid_request', `The ${name} is missing.`)
