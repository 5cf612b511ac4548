import { z } from 'zod'
import { createRecent } from '../core/recent.ts'
import type { KeyRing } from './keys/signing-keys.ts'
import type { TokenSigner } from './keys/token-signer.ts'

/** What our access tokens say beside `iss` (RFC 9068, section 2.2). No personal data. */
export const AccessTokenClaims = z
  .object({
    /** The user; of a token that a client has for itself, the client. */
    sub: z.string(),
    /** The session; absent in a token that a client has for itself. */
    sid: z.uuid().optional(),
    aud: z.union([z.string(), z.array(z.string())]),
    client_id: z.string(),
    scope: z.string(),
    auth_time: z.int().optional(),
    roles: z.array(z.string()).optional(),
    iat: z.int(),
    exp: z.int(),
    jti: z.string(),
  })
  .refine(({ sub, sid }) => sid === undefined || z.uuid().safeParse(sub).success)
export type AccessTokenClaims = z.infer<typeof AccessTokenClaims>

/** What an access token of a session says; the session is that of a signed-in user. */
export type SessionTokenClaims = AccessTokenClaims & { sid: string }

/** The claims where the token has a session and is for this audience, else null. */
export const ofSession = (
  claims: AccessTokenClaims | null,
  audience: string,
): SessionTokenClaims | null => (hasSession(claims) && isFor(claims, audience) ? claims : null)

const hasSession = (claims: AccessTokenClaims | null): claims is SessionTokenClaims =>
  claims?.sid !== undefined

const isFor = ({ aud }: AccessTokenClaims, audience: string): boolean =>
  typeof aud === 'string' ? aud === audience : aud.includes(audience)

/** Seconds that the clocks of two replicas may differ. */
const CLOCK_TOLERANCE_SECONDS = 60

/** Tokens whose verification is remembered: about a kilobyte each. */
const REMEMBERED = 5_000

/** Characters of a signature by which a token is found. */
const KEY_LENGTH = 43

interface Remembered {
  token: string
  claims: AccessTokenClaims
  signer: TokenSigner
}

/**
 * Verifies our access tokens: gives the claims, null for whatever is wrong. A verified token is
 * remembered, as long as it lives and its key is published: found by its signature, since to hash all of
 * it would take longer than all the rest, and compared whole.
 */
export function createAccessTokenVerifier(
  keys: KeyRing,
): (token: string) => AccessTokenClaims | null {
  const remembered = createRecent<Remembered>(REMEMBERED)

  return (token) => {
    const key = token.slice(-KEY_LENGTH)
    const known = remembered.get(key)
    if (known !== undefined && known.token === token) {
      const { claims, signer } = known
      if (claims.exp > Date.now() / 1000 && keys.find(signer.kid) === signer) return claims
      remembered.delete(key)
    }
    const signer = keys.find(readKid(token))
    const claims = signer === undefined ? null : verifyWith(signer, token)
    if (signer === undefined || claims === null) return null
    remembered.set(key, { token, claims, signer })
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

/** The claims of an ID token that we issued, expired or not, its key retired or not; null for anything else. */
export function readIdTokenHint(keys: KeyRing, token: string): z.infer<typeof HintClaims> | null {
  try {
    return HintClaims.parse(keys.findRetired(readKid(token))?.verifyIdTokenHint(token))
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
