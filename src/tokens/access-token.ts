import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { KeyRing } from './signing-keys.ts'
import type { TokenSigner } from './token-signer.ts'

/** What our access tokens say beside `iss`, `aud` and `exp` (RFC 9068, section 2.2). No personal data. */
export const AccessTokenClaims = z.object({
  sub: z.uuid(),
  sid: z.uuid(),
  client_id: z.string(),
  scope: z.string(),
  iat: z.int(),
  exp: z.int(),
  jti: z.string(),
})
export type AccessTokenClaims = z.infer<typeof AccessTokenClaims>

/** Seconds that the clocks of two replicas may differ. */
const CLOCK_TOLERANCE_SECONDS = 60

/** Tokens whose verification is remembered. */
const REMEMBERED = 10_000

/** Signs an access token of a session. */
export function signAccessToken(
  keys: KeyRing,
  claims: { sub: string; sid: string; client_id: string; scope: string },
): string {
  return keys.current().signAccessToken({ ...claims, jti: randomUUID() })
}

/**
 * Verifies our access tokens: gives the claims, null for whatever is wrong. A verified token is
 * remembered, by the whole token, as long as it lives and its key is published.
 */
export function createAccessTokenVerifier(
  keys: KeyRing,
): (token: string) => AccessTokenClaims | null {
  const remembered = new Map<string, { claims: AccessTokenClaims; signer: TokenSigner }>()

  return (token) => {
    const known = remembered.get(token)
    if (known !== undefined) {
      const { claims, signer } = known
      if (claims.exp > Date.now() / 1000 && keys.find(signer.kid) === signer) return claims
      remembered.delete(token)
    }
    const signer = keys.find(readKid(token))
    const claims = signer === undefined ? null : verifyWith(signer, token)
    if (signer === undefined || claims === null) return null
    // A Map keeps the order of insertion: the oldest goes first.
    if (remembered.size >= REMEMBERED) remembered.delete(remembered.keys().next().value ?? '')
    remembered.set(token, { claims, signer })
    return claims
  }
}

function verifyWith(signer: TokenSigner, token: string): AccessTokenClaims | null {
  try {
    const claims = AccessTokenClaims.parse(signer.verifyAccessToken(token))
    return claims.iat > Date.now() / 1000 + CLOCK_TOLERANCE_SECONDS ? null : claims
  } catch {
    return null
  }
}

/** Of an ID token that comes back as a hint. */
const HintClaims = z.object({ sub: z.uuid(), sid: z.uuid(), aud: z.string() })

/** The claims of an ID token that we issued, expired or not; null for anything else. */
export function readIdTokenHint(keys: KeyRing, token: string): z.infer<typeof HintClaims> | null {
  try {
    return HintClaims.parse(keys.find(readKid(token))?.verifyIdTokenHint(token))
  } catch {
    return null
  }
}

/** The `kid` of a token's header, empty where there is none; nothing in a header is trusted further. */
function readKid(token: string): string {
  try {
    const header: unknown = JSON.parse(
      Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString(),
    )
    const kid = (header as { kid?: unknown } | null)?.kid
    return typeof kid === 'string' ? kid : ''
  } catch {
    return ''
  }
}
