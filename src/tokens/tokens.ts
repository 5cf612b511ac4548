import type { FastifyInstance } from 'fastify'
import type { SigningKeys } from '../core/key-store.ts'
import type { PreparedSession, SessionRequest } from '../core/prepared-session.ts'
import type { Sealer } from '../core/secrets.ts'
import {
  type AccessTokenClaims,
  createAccessTokenVerifier,
  readIdTokenHint,
} from './access-token.ts'
import { createSessionPreparer, createTokenIssuer, type TokenIssuer } from './issue.ts'
import { type KeyRing, openKeyRing } from './signing-keys.ts'
import type { TokenFamilies } from './token-family.ts'

/** All that is done with tokens of ours: made, verified and read. */
export interface Tokens {
  keys: KeyRing
  issue: TokenIssuer
  families: TokenFamilies
  prepareSession: (request: SessionRequest) => PreparedSession
  /** The claims of an access token, null for whatever is wrong with it. */
  verifyAccessToken: (token: string) => AccessTokenClaims | null
  readIdTokenHint: (token: string) => ReturnType<typeof readIdTokenHint>
  ttl: { refreshTokenSeconds: number; sessionSeconds: number }
  /** `iss` and `aud` of access tokens. */
  issuer: string
  audience: string
}

/** Opens the key ring, and what stands on it. */
export async function createTokens(
  app: FastifyInstance,
  options: {
    store: SigningKeys
    sealer: Sealer
    families: TokenFamilies
    alg: string
    rotationSeconds: number
    issuer: string
    audience: string
    accessTokenSeconds: number
    ttl: Tokens['ttl']
  },
): Promise<Tokens> {
  const {
    store,
    sealer,
    families,
    alg,
    rotationSeconds,
    issuer,
    audience,
    accessTokenSeconds,
    ttl,
  } = options
  const rules = { issuer, audience, accessTokenTtlSeconds: accessTokenSeconds }
  const keys = await openKeyRing(app, { store, sealer, alg, rotationSeconds, rules })
  const issue = createTokenIssuer(keys, accessTokenSeconds)
  return {
    keys,
    issue,
    families,
    prepareSession: createSessionPreparer(issue, families, ttl),
    verifyAccessToken: createAccessTokenVerifier(keys),
    readIdTokenHint: (token) => readIdTokenHint(keys, token),
    ttl,
    issuer,
    audience,
  }
}
