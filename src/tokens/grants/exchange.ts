import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Client } from '../../core/client/client.ts'
import { readResource, resourceParameter } from '../../core/client/resource.ts'
import { grantScope } from '../../core/client/scope.ts'
import { LatchkeyError } from '../../core/errors.ts'
import {
  ACCESS_TOKEN,
  readSubjectToken,
  type SubjectToken,
  subjectTokenParameters,
} from '../../core/provider/subject-token.ts'
import type { TokenResponse } from '../../core/tokens/token-response.ts'

/** Native sign-in as a grant type (RFC 8693). */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** The parameters of a token exchange (RFC 8693, section 2.1), and those of ours. */
export const ExchangeParameters = z.object({
  ...subjectTokenParameters,
  requested_token_type: z
    .string()
    .max(128)
    .optional()
    .meta({ description: 'Only `urn:ietf:params:oauth:token-type:access_token` there is.' }),
  audience: resourceParameter.meta({
    description: 'The same as `resource`: an API that the client lists, or PUBLIC_URL.',
  }),
  actor_token: z
    .string()
    .max(16_384)
    .optional()
    .meta({ description: 'Refused: there is no delegation.' }),
})

/** Signs in with a provider's token and gives our token response; comes from the login room. */
export type SignInNatively = (
  asked: SubjectToken & { clientId: string; scope: string; resource: string | null },
  request: FastifyRequest,
) => Promise<TokenResponse>

type Targets = string | readonly string[] | undefined

/**
 * All targets that a request names, as `resource` or as `audience` (RFC 8693, section 2.1). Each must
 * be one that the client may name: a token for something else would mislead.
 */
function targetOf(resource: Targets, audience: Targets): Targets {
  if (audience === undefined || audience === resource) return resource
  return [resource ?? [], audience].flat()
}

/** Exchanges a token of a provider's mobile SDK for tokens of ours. */
export async function exchangeToken(
  options: { signInNatively: SignInNatively; tokens: { issuer: string } },
  client: Client,
  {
    request,
    body,
  }: {
    request: FastifyRequest
    body: z.infer<typeof ExchangeParameters> & {
      scope?: string | undefined
      resource?: Targets
    }
  },
): Promise<TokenResponse> {
  const presented = readSubjectToken(body)
  if (body.requested_token_type !== undefined && body.requested_token_type !== ACCESS_TOKEN) {
    throw new LatchkeyError(
      'invalid_request',
      `The requested_token_type can be ${ACCESS_TOKEN} only.`,
    )
  }
  if (body.actor_token !== undefined) {
    throw new LatchkeyError('invalid_request', 'There is no delegation here: send no actor_token.')
  }
  const allowed = [...client.resources, options.tokens.issuer]
  const resource = readResource(targetOf(body.resource, body.audience), allowed) ?? null
  const tokens = await options.signInNatively(
    { ...presented, clientId: client.id, scope: grantScope(body.scope, client), resource },
    request,
  )
  return { ...tokens, issued_token_type: ACCESS_TOKEN }
}
