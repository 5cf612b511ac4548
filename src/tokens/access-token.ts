import { z } from 'zod'
import { createRecent } from '../core/recent.ts'
import type { KeyRing } from './keys/signing-keys.ts'
import type { TokenSigner } from './keys/token-signer.ts'

/**
 * The claims of our access tokens beside `iss` (RFC 9068, section 2.2). They hold no personal data.
 */
export const AccessTokenClaims = z
  .object({
    /** The user; in a token that a client has for itself, the client. */
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

/** The claims of a session's access token, whose `sid` is always there. */
export type SessionTokenClaims = AccessTokenClaims & { sid: string }

/** The claims where the token belongs to a session and has this audience, else null. */
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

/** How many verified tokens are remembered, at about a kilobyte each. */
const REMEMBERED = 5_000

/** How many characters of a signature are the key of a remembered token. */
const KEY_LENGTH = 43

interface Remembered {
  token: string
  claims: AccessTokenClaims
  signer: TokenSigner
}

/**
 * Verifies our access tokens. Gives the claims, or null for whatever is wrong. A verified token is
 * remembered for as long as it is valid and its key is published. It is found by its signature and
 * then compared whole: hashing it all would take longer than everything else.
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

/** The claims of an ID token that comes back as `id_token_hint`. */
const HintClaims = z.object({ sub: z.uuid(), sid: z.uuid(), aud: z.string() })

/**
 * The claims of an ID token of ours, even if it has expired or its key is retired; null for
 * anything else.
 */
export function readIdTokenHint(keys: KeyRing, token: string): z.infer<typeof HintClaims> | null {
  try {
    return HintClaims.parse(keys.findRetired(readKid(token))?.verifyIdTokenHint(token))
  } catch {
    return null
  }
}

/**
 * The `kid` of a token's header, empty where there is none. Nothing else in the header is trusted.
 */
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
