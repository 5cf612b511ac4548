import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  type JWTPayload,
  SignJWT,
} from 'jose'

/** Signs one provider's ID tokens. */
export interface Signer {
  /** The public keys, as the JWKS document has them. */
  jwks(): Promise<JSONWebKeySet>
  /** An ID token; a forged one bears the published `kid` over another key's signature. */
  sign(claims: JWTPayload, forged: boolean): Promise<string>
}

/** A signer with a fresh key, made at the first use. */
export function createSigner(alg: 'RS256' | 'ES256' = 'RS256'): Signer {
  let made: ReturnType<typeof makeKey> | undefined
  const key = () => {
    made ??= makeKey(alg)
    return made
  }
  return {
    jwks: async () => ({ keys: [(await key()).jwk] }),
    sign: async (claims, forged) => {
      const { jwk, privateKey } = await key()
      const signingKey = forged ? (await generateKeyPair(alg)).privateKey : privateKey
      return new SignJWT(claims)
        .setProtectedHeader({ alg, kid: jwk.kid, typ: 'JWT' })
        .sign(signingKey)
    },
  }
}

async function makeKey(alg: string) {
  const { publicKey, privateKey } = await generateKeyPair(alg)
  const parts = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(parts)
  return { privateKey, jwk: { ...parts, kid, alg, use: 'sig' } }
}
