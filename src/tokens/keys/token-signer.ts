import { createPrivateKey, createPublicKey, hash, type JsonWebKey } from 'node:crypto'
import jwt, { type JWT } from '@fastify/jwt'
import Fastify from 'fastify'
import type { JWK } from 'jose'
import { NO_COMPILERS } from '../../http/server.ts'

/** What all tokens that we issue have in common. */
export interface TokenRules {
  /** PUBLIC_URL. */
  issuer: string
  accessTokenTtlSeconds: number
}

/** The claims of a new access token beside `iss` (RFC 9068, section 2.2). */
export interface NewAccessToken {
  sub: string
  /** Absent in a token that a client has for itself. */
  sid?: string
  aud: string | readonly string[]
  client_id: string
  scope: string
  auth_time?: number
  roles?: readonly string[]
  iat: number
  exp: number
  jti: string
}

/** One signing key with its one algorithm (RFC 8725, section 3.1). */
export interface TokenSigner {
  kid: string
  publicJwk: JWK
  /** Signs an access token (RFC 9068); `iss` is added. */
  signAccessToken(claims: NewAccessToken): string
  /**
   * Signs an ID token (OpenID Connect Core, section 2) for a client, issued together with an access
   * token and valid for as long. `iss`, `iat`, `exp` and `at_hash` are added.
   */
  signIdToken(claims: object, clientId: string, accessToken: string): string
  /**
   * Signs a logout token (OpenID Connect Back-Channel Logout, section 2.4) for a client, valid for
   * two minutes. `iss`, `iat` and `exp` are added.
   */
  signLogoutToken(claims: { sub: string; sid: string; aud: string; jti: string }): string
  /** The claims of an access token that this key signed; throws for any other. */
  verifyAccessToken(token: string): unknown
  /** The claims of an ID token that this key signed, even an expired one; throws for any other. */
  verifyIdTokenHint(token: string): unknown
}

const LOGOUT_TOKEN_SECONDS = 120
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** The public part of a JWK of ours. */
export function publicPart({ kty, n, e, crv, x, y }: JWK): JWK {
  const parts = Object.entries({ kty, n, e, crv, x, y }).filter(([, value]) => value !== undefined)
  return Object.fromEntries(parts) as JWK
}

/**
 * Makes the signer of one key: an instance of @fastify/jwt of its own, so that keys that are made
 * at runtime use the plugin's fast path, too (signer and verifier are built once). A key without
 * its private half only verifies.
 */
export async function createTokenSigner(options: {
  kid: string
  alg: string
  jwk: JWK
  rules: TokenRules
}): Promise<TokenSigner> {
  const { kid, alg, jwk, rules } = options
  const isWhole = jwk.d !== undefined
  const key = { key: jwk as JsonWebKey, format: 'jwk' } as const
  const publicKey = isWhole ? createPublicKey(createPrivateKey(key)) : createPublicKey(key)
  const algorithm = alg as 'ES256' | 'RS256' | 'EdDSA'
  const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string
  const secret = {
    public: pem,
    ...(isWhole
      ? { private: createPrivateKey(key).export({ type: 'pkcs8', format: 'pem' }) as string }
      : {}),
  } as { public: string; private: string }
  const sign = { algorithm, kid, iss: rules.issuer }
  const engine = Fastify({ schemaController: { compilersFactory: NO_COMPILERS } })
  await engine.register(jwt, {
    namespace: 'access',
    secret,
    sign: { ...sign, header: { typ: 'at+jwt' } as never },
    verify: {
      algorithms: [algorithm],
      checkTyp: 'at+jwt',
      allowedIss: [rules.issuer],
      requiredClaims: ['iss', 'aud', 'sub', 'client_id', 'scope', 'iat', 'exp', 'jti'],
    },
  })
  await engine.register(jwt, {
    namespace: 'id',
    secret,
    sign: { ...sign, expiresIn: rules.accessTokenTtlSeconds },
    verify: {
      algorithms: [algorithm],
      checkTyp: 'jwt',
      allowedIss: [rules.issuer],
      requiredClaims: ['iss', 'aud', 'sub', 'sid', 'iat', 'exp'],
      ignoreExpiration: true,
    },
  })
  await engine.register(jwt, {
    namespace: 'logout',
    secret,
    sign: { ...sign, expiresIn: LOGOUT_TOKEN_SECONDS, header: { typ: 'logout+jwt' } as never },
  })
  await engine.ready()
  const { access, id, logout } = engine.jwt as unknown as Record<'access' | 'id' | 'logout', JWT>
  const parts = publicPart(publicKey.export({ format: 'jwk' }) as JWK)
  return {
    kid,
    publicJwk: { ...parts, kid, alg, use: 'sig' },
    signAccessToken: (claims) => access.sign(claims),
    signIdToken: (claims, clientId, accessToken) =>
      id.sign({ ...claims, aud: clientId, at_hash: halfHash(alg, accessToken) }),
    signLogoutToken: (claims) => logout.sign({ ...claims, events: { [LOGOUT_EVENT]: {} } }),
    verifyAccessToken: (token) => access.verify(token),
    verifyIdTokenHint: (token) => id.verify(token),
  }
}

/** `at_hash` (OpenID Connect Core, section 3.1.3.6): the left half of the algorithm's own hash. */
function halfHash(alg: string, token: string): string {
  const whole = hash(alg === 'EdDSA' ? 'sha512' : 'sha256', token, 'buffer')
  return whole.subarray(0, whole.length / 2).toString('base64url')
}
