import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { PreparedSession, SessionRequest } from '../core/client/prepared-session.ts'
import type { ClientTokenResponse } from '../core/tokens/token-response.ts'
import {
  type AccessTokenClaims,
  createAccessTokenVerifier,
  ofSession,
  readIdTokenHint,
  type SessionTokenClaims,
} from './access-token.ts'
import type { TokenFamilies } from './grants/token-family.ts'
import {
  createClientTokenIssuer,
  createSessionPreparer,
  createTokenIssuer,
  type IssueRules,
  type TokenIssuer,
} from './issue.ts'
import {
  type KeyRing,
  type KeyRingOptions,
  openKeyRing,
  prepareBehindFirstAnswer,
} from './keys/signing-keys.ts'

/** Makes, verifies and reads our tokens. */
export interface Tokens {
  keys: KeyRing
  issue: TokenIssuer
  /** Makes an access token for a client itself. */
  issueToClient: (clientId: string, scope: string) => ClientTokenResponse
  families: TokenFamilies
  prepareSession: (request: SessionRequest) => PreparedSession
  /** The claims of an access token, null for whatever is wrong with it. */
  verifyAccessToken: (token: string) => AccessTokenClaims | null
  /** The claims of a session's access token for our own routes; null for any other token. */
  verifySessionToken: (token: string) => SessionTokenClaims | null
  /** Makes the logout token that tells a client that a session ended. */
  signLogoutToken: (clientId: string, session: { userId: string; id: string }) => Promise<string>
  readIdTokenHint: (token: string) => ReturnType<typeof readIdTokenHint>
  ttl: { refreshTokenTtlSeconds: number; sessionTtlSeconds: number }
  /** `iss` of all tokens: PUBLIC_URL. */
  issuer: string
}

/** Opens the key ring and builds everything that needs it. */
export async function createTokens(
  app: FastifyInstance,
  options: KeyRingOptions & { families: TokenFamilies; rules: IssueRules; ttl: Tokens['ttl'] },
): Promise<Tokens> {
  const { families, rules, ttl } = options
  const { issuer } = rules
  const keys = await openKeyRing(app, options)
  prepareBehindFirstAnswer(app, keys)
  const issue = createTokenIssuer(keys, rules)
  const verifyAccessToken = createAccessTokenVerifier(keys)
  return {
    keys,
    issue,
    issueToClient: createClientTokenIssuer(keys, issuer),
    families,
    prepareSession: createSessionPreparer(issue, families, ttl),
    verifyAccessToken,
    verifySessionToken: (token) => ofSession(verifyAccessToken(token), issuer),
    signLogoutToken: async (clientId, { userId, id }) =>
      (await keys.signerOf(rules.idTokenAlgOf(clientId))).signLogoutToken({
        sub: userId,
        sid: id,
        aud: clientId,
        jti: randomUUID(),
      }),
    readIdTokenHint: (token) => readIdTokenHint(keys, token),
    ttl,
    issuer,
  }
}
