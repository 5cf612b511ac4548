import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  type JWTPayload,
  SignJWT,
} from 'jose'

/**
 * How good the proof of what is signed is: `forged` bears the right names over another key's signature,
 * `unknown_key` names a key that is not published.
 */
export type Proof = 'right' | 'forged' | 'unknown_key'

/** Signs what one provider signs. */
export interface Signer {
  /** The public keys, as the JWKS document has them. */
  jwks(): Promise<JSONWebKeySet>
  /** An ID token; a forged one bears the published `kid` over another key's signature. */
  sign(claims: JWTPayload, forged: boolean): Promise<string>
  /** A JWT of a type of its own, such as `secevent+jwt`. */
  signAs(typ: string, claims: JWTPayload, proof: Proof): Promise<string>
}

/** A signer with a fresh key, made at the first use. */
export function createSigner(alg: 'RS256' | 'ES256' = 'RS256'): Signer {
  let made: ReturnType<typeof makeKey> | undefined
  const key = () => {
    made ??= makeKey(alg)
    return made
  }
  const signAs: Signer['signAs'] = async (typ, claims, proof) => {
    const right = await key()
    const { privateKey, jwk } = proof === 'right' ? right : await makeKey(alg)
    const kid = proof === 'unknown_key' ? jwk.kid : right.jwk.kid
    return new SignJWT(claims).setProtectedHeader({ alg, kid, typ }).sign(privateKey)
  }
  return {
    jwks: async () => ({ keys: [(await key()).jwk] }),
    sign: (claims, forged) => signAs('JWT', claims, forged ? 'forged' : 'right'),
    signAs,
  }
}

async function makeKey(alg: string) {
  const { publicKey, privateKey } = await generateKeyPair(alg)
  const parts = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(parts)
  return { privateKey, jwk: { ...parts, kid, alg, use: 'sig' } }
}
