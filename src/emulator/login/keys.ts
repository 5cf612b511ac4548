import { randomUUID } from 'node:crypto'
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

// A provider keeps its keys while the process lives, wherever it is played anew.
const made = new Map<string, ReturnType<typeof makeKey>>()

/** A signer with the provider's own key, made at the first use. */
export function createSigner(provider: string, alg: 'RS256' | 'ES256' = 'RS256'): Signer {
  const key = () => keyOf(`${provider} ${alg}`, alg)
  const signAs: Signer['signAs'] = async (typ, claims, proof) => {
    const right = await key()
    const { privateKey } = proof === 'right' ? right : await keyOf(`nobody ${alg}`, alg)
    const kid = proof === 'unknown_key' ? randomUUID() : right.jwk.kid
    return new SignJWT(claims).setProtectedHeader({ alg, kid, typ }).sign(privateKey)
  }
  return {
    jwks: async () => ({ keys: [(await key()).jwk] }),
    sign: (claims, forged) => signAs('JWT', claims, forged ? 'forged' : 'right'),
    signAs,
  }
}

function keyOf(name: string, alg: string): ReturnType<typeof makeKey> {
  const found = made.get(name) ?? makeKey(alg)
  made.set(name, found)
  return found
}

async function makeKey(alg: string) {
  const { publicKey, privateKey } = await generateKeyPair(alg)
  const parts = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(parts)
  return { privateKey, jwk: { ...parts, kid, alg, use: 'sig' } }
}
