import type { FastifyRequest } from 'fastify'
import { CODE_SECONDS } from '../core/identity/sign-ins.ts'
import { hashToken, s256 } from '../core/secrets.ts'
import { addressOf } from '../http/requests/address.ts'
import type { Authentication } from '../upstream/provider.ts'
import type { ClientFlow } from './finish/answers.ts'
import { authenticatedIdentity } from './finish/open-session.ts'
import type { Flow } from './flow.ts'
import type { Login } from './login.ts'

/** The code of a link; a repeated callback gets the same one. */
export const linkCodeOf = ({ seed }: Flow): string => s256(`link code ${seed}`)

/**
 * Gives the client a code that stands for the identity and nothing else: no user is made, and
 * nobody is signed in. The app shows the code together with a user's token, and that user gets the
 * identity.
 */
export async function keepIdentity(
  login: Login,
  flow: ClientFlow,
  who: Authentication,
  request: FastifyRequest,
): Promise<Record<string, string>> {
  const { id: clientId, redirectUri, codeChallenge } = flow.client
  const code = linkCodeOf(flow)
  await login.linkCodes.keep(authenticatedIdentity(login, who), {
    hash: hashToken(code),
    ttlSeconds: CODE_SECONDS,
    clientId,
    redirectUri,
    codeChallenge,
  })
  request.log.info(
    {
      event: 'identity_proven',
      provider: flow.provider,
      client: clientId,
      address: addressOf(request),
    },
    'signed in at the provider only, to link',
  )
  return { code }
}
