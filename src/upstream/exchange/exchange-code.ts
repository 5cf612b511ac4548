import type { ProviderTokenResponse } from '../../core/provider/provider.ts'
import { endpoint } from '../metadata/metadata.ts'
import { readBody } from '../outbound/read-answer.ts'
import type { ProviderCall } from '../provider-call.ts'
import { clientAuth } from './client-auth.ts'
import { readTokenResponse } from './token-response.ts'

/** The code of a callback, and what the start of its flow stored for it. */
export interface ReceivedCode {
  code: string
  state: string
  /** The PKCE verifier, null where the provider takes none. */
  verifier: string | null
  callbackUrl: string
}

/**
 * Exchanges a code for tokens (RFC 6749, section 4.1.3). Throws `invalid_code` for one that was
 * used or has expired.
 */
export async function exchangeCode(
  { row, metadata, registration, outbound, deadline }: ProviderCall,
  { code, state, verifier, callbackUrl }: ReceivedCode,
): Promise<ProviderTokenResponse> {
  const auth = await clientAuth(metadata, registration)
  const form = Object.assign(
    { grant_type: 'authorization_code', code, redirect_uri: callbackUrl },
    verifier === null ? null : { code_verifier: verifier },
    row.stateAtTokenEndpoint ? { state } : null,
    auth.form,
  )
  const answer = await outbound.post(endpoint(metadata, 'token_endpoint'), 'token', {
    deadline,
    headers: auth.headers,
    form,
  })
  return readTokenResponse(row, answer.status, readBody(answer, 'token'))
}
