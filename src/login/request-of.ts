import type { AuthorizationRequest } from '../core/client/authorization-request.ts'
import type { Flow } from './flow.ts'

/**
 * The authorization request that a flow began with, for asking once more; hints for the provider
 * are not kept.
 */
export const requestOf = (client: Flow['client']): AuthorizationRequest => ({
  client_id: client.id,
  redirect_uri: client.redirectUri ?? undefined,
  response_mode: client.responseMode,
  state: client.state ?? undefined,
  nonce: client.nonce ?? undefined,
  scope: client.scope,
  resource: client.resource ?? undefined,
  code_challenge: client.codeChallenge ?? undefined,
  code_challenge_method: client.codeChallenge === null ? undefined : 'S256',
  intent: client.intent ?? undefined,
  prompt: client.prompt ?? undefined,
  max_age: client.maxAge === null ? undefined : String(client.maxAge),
  ui_locales: client.uiLocales ?? undefined,
})
