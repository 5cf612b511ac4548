import type { FastifyRequest } from 'fastify'
import { LatchkeyError } from '../core/errors.ts'
import { readPresentedCode } from '../core/presented-code.ts'
import { hashToken } from '../core/secrets.ts'
import type { TokenResponse } from '../core/token-response.ts'
import { accountFor } from './account-for.ts'
import { authenticateClient } from './client-auth.ts'
import type { GrantOptions } from './grant-options.ts'
import type { TokenRequest } from './token-request.ts'

/** `authorization_code` (RFC 6749, section 4.1.3): a code -> its session -> tokens. */
export async function redeemCode(
  { clients, tokens, tokenStore, accounts, sessionsPerUser }: GrantOptions,
  request: FastifyRequest,
  body: TokenRequest,
): Promise<TokenResponse> {
  const { issue, families, ttl } = tokens
  const client = authenticateClient(clients, request.headers.authorization, body)
  const presented = readPresentedCode(client, body)
  const code = body.code ?? ''
  const sessionId = families.sessionOf(code)
  if (sessionId === null) throw refused('unknown')
  const candidates = families.firstOf(code, sessionId)
  const redeemed = await tokenStore.redeemCode(presented, {
    hashes: candidates.map(hashToken),
    ttlSeconds: ttl.refreshTokenSeconds,
    sessionTtlSeconds: ttl.sessionSeconds,
    sessionsPerUser,
  })
  if (redeemed === null || redeemed.session.id !== sessionId) throw refused('code')
  const { session, nonce, place } = redeemed
  request.log.info(
    { event: 'code_redeemed', client: client.id, user: session.userId, session: session.id },
    'redeemed a code',
  )
  const account = await accountFor(accounts, session)
  return issue(session, { refreshToken: candidates[place] ?? '', nonce, account })
}

const refused = (reason: string) =>
  new LatchkeyError('invalid_grant', 'The code is used, expired, or not for this request.', {
    evidence: { reason },
  })
