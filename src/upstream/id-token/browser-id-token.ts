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

/** The verified claims of the ID token that came with the tokens; null where none was asked for. */
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
  // Logged with the refusal: the registration at the provider asks for encryption
  // (`id_token_encrypted_response_alg`).
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
  // HS256 uses our secret, all others the provider's public keys: the algorithm never decides how a
  // given key is used.
  const secret = createSecretKey(registration.secret, 'utf8')
  return async (header, isAgain) => (header.alg === 'HS256' ? [secret] : published(header, isAgain))
}
