import type { Sealer } from '../../core/secrets.ts'
import type { StoredSigningKey } from '../../core/tokens/key-store.ts'

/** What the seal of a private key is bound to. */
export const keyContext = (kid: string): string => `signing key ${kid}`

/**
 * Makes a new key and seals it. RSA keys have 2,048 bits, which every verifier accepts. No kid
 * begins with `-`: the command that retires a key would take it for an option.
 */
export async function makeKey(
  alg: string,
  signsFrom: number,
  sealer: Sealer,
): Promise<StoredSigningKey> {
  const { calculateJwkThumbprint, exportJWK, generateKeyPair } = await import('jose')
  const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 })
  const jwk = await exportJWK(privateKey)
  const kid = await calculateJwkThumbprint(jwk)
  if (kid.startsWith('-')) return makeKey(alg, signsFrom, sealer)
  const sealedJwk = sealer.seal(JSON.stringify(jwk), keyContext(kid))
  return { kid, alg, sealedJwk, signsFrom, publishedUntil: null }
}
