import type { Client } from '../../core/client/client.ts'
import { readPresentedCode } from '../../core/client/presented-code.ts'
import { readResource } from '../../core/client/resource.ts'
import { LatchkeyError } from '../../core/errors.ts'
import { said } from '../../core/messages.ts'
import { hashToken } from '../../core/secrets.ts'
import type { TokenResponse } from '../../core/tokens/token-response.ts'
import { askerOf } from '../../http/requests/asker.ts'
import { accountFor } from './account-for.ts'
import type { GrantCall, GrantOptions } from './grant-options.ts'

/** `authorization_code` (RFC 6749, section 4.1.3): a code -> its session -> tokens. */
export async function redeemCode(
  { tokens, tokenStore, accounts, sessionsPerUser }: GrantOptions,
  client: Client,
  { request, body }: GrantCall,
): Promise<TokenResponse> {
  const { issue, families, ttl, issuer } = tokens
  const presented = { ...readPresentedCode(client, body), asker: askerOf(request) }
  const resource = readResource(body.resource, [...client.resources, issuer])
  const code = body.code ?? ''
  const sessionId = families.sessionOfCode(code)
  if (sessionId === null) throw refused('code_unknown', client)
  const candidates = families.firstOf(code, sessionId)
  const redeemed = await tokenStore.redeemCode(presented, {
    hashes: candidates.map(hashToken),
    ttlSeconds: ttl.refreshTokenTtlSeconds,
    sessionTtlSeconds: ttl.sessionTtlSeconds,
    sessionsPerUser,
  })
  if ('refused' in redeemed) throw refused(redeemed.refused, client)
  if (redeemed.session.id !== sessionId) throw refused('mixed_up', client)
  const { session, nonce, place } = redeemed
  request.log.info(
    { event: 'code_redeemed', client: client.id, user: session.userId, session: session.id },
    'redeemed a code',
  )
  const account = await accountFor(accounts, session)
  return issue(session, { refreshToken: candidates[place] ?? '', nonce, account, resource })
}

const refused = (reason: string, { id: client }: Client) =>
  new LatchkeyError('invalid_grant', said.codeRefused, {
    evidence: { reason, client },
  })
