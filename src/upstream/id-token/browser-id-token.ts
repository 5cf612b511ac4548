import { createSecretKey } from 'node:crypto'
import type { ProviderTokenResponse } from '../../core/provider/provider.ts'
import type { IdTokenClaims } from '../../core/provider/row-inputs.ts'
import { endpoint } from '../metadata/metadata.ts'
import { invalidAnswer } from '../outbound/read-answer.ts'
import { issuersOf, type ProviderCall, usesIdToken } from '../provider-call.ts'
import { verifyIdToken } from './id-token.ts'
import { isEncrypted, type KeyFinder } from './jws.ts'

/** An ID token that comes straight from the token endpoint was made just now. */
const MAX_AGE_SECONDS = 600

/** The claims of the ID token that came with the tokens, verified; null where none is asked for. */
export async function readIdToken(
  call: ProviderCall,
  tokenResponse: ProviderTokenResponse,
  { nonce, needsAuthTime }: { nonce: string; needsAuthTime?: boolean },
): Promise<IdTokenClaims | null> {
  const { row, metadata, registration, note } = call
  if (!usesIdToken(row, needsAuthTime)) return null
  if (tokenResponse.idToken === null) {
    if (row.idToken === 'required') throw invalidAnswer('id_token', 'missing')
    return null
  }
  // Told beside the refusal: it is a setting of our registration there (`id_token_encrypted_response_alg`).
  if (isEncrypted(tokenResponse.idToken))
    note('provider_asks_more', { asks: 'id_token_encryption' })
  return verifyIdToken(tokenResponse.idToken, {
    issuers: issuersOf(call),
    audiences: [registration.id],
    algorithms: metadata.idTokenAlgorithms,
    maxAgeSeconds: MAX_AGE_SECONDS,
    nonces: [nonce],
    nonceOptional: row.nonceOptional,
    accessToken: tokenResponse.accessToken,
    find: keysFor(call),
  })
}

function keysFor({ row, metadata, registration, jwks, deadline }: ProviderCall): KeyFinder {
  const published = jwks(endpoint(metadata, 'jwks_uri'), deadline)
  if (!row.idTokenAlgorithms.includes('HS256')) return published
  // The algorithm chooses between two keys of different kinds, never how one key is used.
  const secret = createSecretKey(registration.secret, 'utf8')
  return async (header, isAgain) => (header.alg === 'HS256' ? [secret] : published(header, isAgain))
}
