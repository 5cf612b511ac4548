import type { FastifyRequest } from 'fastify'
import type { Profile } from '../core/profile.ts'
import type { ProvenIdentity } from '../core/stores.ts'
import { cleanText } from '../core/text.ts'
import type { LoginOptions } from './options.ts'

/** What the provider said, as it is stored. */
export const provenIdentity = (
  { provider }: Pick<LoginOptions, 'provider'>,
  { profile, issuer }: { profile: Profile; issuer: string },
): ProvenIdentity => ({
  key: { provider: provider.row.id, issuer, subject: profile.subject },
  profile,
})

/** Who the provider says has signed in -> user and session, stored, with what the client will get. */
export async function openSession(
  login: LoginOptions,
  who: { profile: Profile; issuer: string },
  client: Pick<
    Parameters<LoginOptions['prepareSession']>[0],
    'clientId' | 'scope' | 'nonce' | 'code'
  >,
  request: FastifyRequest,
  facts: { native?: true } = {},
) {
  const { provider, signIns, prepareSession } = login
  const { key, profile } = provenIdentity(login, who)
  const prepared = prepareSession({
    ...client,
    userAgent: cleanText(request.headers['user-agent'], 512),
    address: request.ip,
  })
  const { account, decision } = await signIns.signIn(key, profile, prepared.session)
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
