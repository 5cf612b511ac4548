import type { FastifyRequest } from 'fastify'
import type { AuthenticatedIdentity } from '../core/stores.ts'
import { cleanText } from '../core/text.ts'
import { addressOf } from '../http/address.ts'
import type { Authentication } from '../upstream/provider.ts'
import type { Login } from './login.ts'

/** What the provider said and gave, as it is stored. */
export function authenticatedIdentity(
  { provider, tokenSealer }: Pick<Login, 'provider' | 'tokenSealer'>,
  { profile, issuer, grant }: Authentication,
): AuthenticatedIdentity {
  const key = { provider: provider.row.id, issuer, subject: profile.subject }
  return { key, profile, grant: grant === null ? null : tokenSealer.seal(grant, key) }
}

/** Who the provider says has signed in -> user and session, stored, with what the client will get. */
export async function openSession(
  login: Login,
  who: Authentication,
  client: Pick<
    Parameters<Login['prepareSession']>[0],
    'clientId' | 'scope' | 'nonce' | 'code' | 'seed' | 'cookieMode' | 'resource'
  >,
  request: FastifyRequest,
  facts: { native?: true } = {},
) {
  const { provider, signIns, prepareSession } = login
  const { key, profile, grant } = authenticatedIdentity(login, who)
  const prepared = prepareSession({
    ...client,
    userAgent: cleanText(request.headers['user-agent'], 512),
    address: addressOf(request),
  })
  const { account, decision } = await signIns.signIn(key, profile, prepared.session, grant)
  request.log.info(
    {
      event: 'signed_in',
      provider: provider.row.id,
      client: client.clientId,
      user: account.sub,
      session: prepared.session.id,
      address: request.ip,
      identity: decision.action,
      ...('reason' in decision ? { reason: decision.reason } : {}),
      ...facts,
    },
    'signed in',
  )
  return { prepared, account }
}
