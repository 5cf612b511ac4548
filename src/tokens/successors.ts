import { deriveKey, keyedHash } from '../core/secrets.ts'

/** Makes the successor of a refresh token, one for each secret; the first is the one to use. */
export type SuccessorsOf = (token: string) => readonly [string, ...string[]]

/**
 * A refresh token's successor is an HMAC of it: whoever shows the token again within the grace gets
 * the same successor, from any replica, and the database never holds it. 256 bits, base64url.
 */
export function createSuccessors(secrets: readonly string[]): SuccessorsOf {
  const keys = secrets.map((secret) => deriveKey(secret, 'refresh token successors'))
  return (token) => keys.map((key) => keyedHash(key, token)) as unknown as [string, ...string[]]
}
