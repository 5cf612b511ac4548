import { createPrivateKey, createPublicKey, type JsonWebKey } from 'node:crypto'
import jwt, { type JWT } from '@fastify/jwt'
import Fastify from 'fastify'
import type { JWK } from 'jose'

/** What is true of every token that we issue. */
export interface TokenRules {
  /** PUBLIC_URL. */
  issuer: string
  audience: string
  accessTokenTtlSeconds: number
}

/** One signing key at work: one key, one algorithm (RFC 8725, section 3.1). */
export interface TokenSigner {
  kid: string
  publicJwk: JWK
  /** Signs an access token (RFC 9068); `iss`, `aud`, `iat` and `exp` are added. */
  signAccessToken(claims: object): string
  /** Signs an ID token (OpenID Connect Core, section 2) for a client; lives as long as an access token. */
  signIdToken(claims: object, clientId: string): string
  /** The claims of an access token of this key, or throws. */
  verifyAccessToken(token: string): unknown
  /** The claims of an ID token of this key, expired or not, or throws. */
  verifyIdTokenHint(token: string): unknown
}

/**
 * @fastify/jwt in an instance of its own for one key, so that a key that is made while the service
 * runs gets the plugin's fast path: a signer and a verifier that are built once.
 */
export async function createTokenSigner(options: {
  kid: string
  alg: string
  jwk: JWK
  rules: TokenRules
}): Promise<TokenSigner> {
  const { kid, alg, jwk, rules } = options
  const privateKey = createPrivateKey({ key: jwk as JsonWebKey, format: 'jwk' })
  const publicKey = createPublicKey(privateKey)
  const algorithm = alg as 'ES256' | 'RS256' | 'EdDSA'
  const secret = {
    private: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    public: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  }
  const sign = { algorithm, kid, iss: rules.issuer, expiresIn: rules.accessTokenTtlSeconds }
  const engine = Fastify()
  await engine.register(jwt, {
    namespace: 'access',
    secret,
    sign: { ...sign, aud: rules.audience, header: { typ: 'at+jwt' } as never },
    verify: {
      algorithms: [algorithm],
      checkTyp: 'at+jwt',
      allowedIss: [rules.issuer],
      allowedAud: [rules.audience],
      requiredClaims: ['iss', 'aud', 'sub', 'client_id', 'sid', 'scope', 'iat', 'exp', 'jti'],
    },
  })
  await engine.register(jwt, {
    namespace: 'id',
    secret,
    sign,
    verify: {
      algorithms: [algorithm],
      checkTyp: 'jwt',
      allowedIss: [rules.issuer],
      requiredClaims: ['iss', 'aud', 'sub', 'sid', 'iat', 'exp'],
      ignoreExpiration: true,
    },
  })
  await engine.ready()
  const { access, id } = engine.jwt as unknown as Record<'access' | 'id', JWT>
  const { kty, n, e, crv, x, y } = publicKey.export({ format: 'jwk' }) as JWK
  const parts = Object.entries({ kty, n, e, crv, x, y }).filter(([, value]) => value !== undefined)
  return {
    kid,
    publicJwk: { ...Object.fromEntries(parts), kid, alg, use: 'sig' } as JWK,
    signAccessToken: (claims) => access.sign(claims),
    signIdToken: (claims, clientId) => id.sign({ ...claims, aud: clientId }),
    verifyAccessToken: (token) => access.verify(token),
    verifyIdTokenHint: (token) => id.verify(token),
  }
}
