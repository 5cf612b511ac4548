import type { FastifyInstance } from 'fastify'
import { acceptForms } from '../http/routes/forms.ts'
import { type TokenEndpointOptions, tokenEndpoint } from './grants/token-endpoint.ts'
import { answerOAuthErrors } from './oauth-errors.ts'
import { introspectEndpoint, revokeEndpoint, type TokenStatusOptions } from './token-status.ts'

/** The OAuth endpoints that apps call: `/token`, `/revoke` and `/introspect`. */
export function tokenRoutes(
  room: FastifyInstance,
  options: TokenEndpointOptions & TokenStatusOptions,
): void {
  acceptForms(room, { json: true })
  answerOAuthErrors(room)
  tokenEndpoint(room, options)
  revokeEndpoint(room, options)
  introspectEndpoint(room, options)
}
