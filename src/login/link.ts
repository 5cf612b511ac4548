import type { FastifyReply, FastifyRequest } from 'fastify'
import { hashToken, randomToken } from '../core/secrets.ts'
import { CODE_SECONDS } from '../core/stores.ts'
import { answerClient, type ClientFlow } from './answers.ts'
import type { Login } from './login.ts'
import { authenticatedIdentity } from './open-session.ts'

/**
 * Sends the client a code that names the identity and nothing else: no user is made, nobody is signed
 * in, and whose the identity becomes is decided by the token that the app shows together with the code.
 */
export async function answerWithIdentity(
  options: Login,
  flow: ClientFlow,
  who: Parameters<typeof authenticatedIdentity>[1],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { id: clientId, redirectUri, codeChallenge } = flow.client
  const code = randomToken()
  await options.linkCodes.keep(authenticatedIdentity(options, who), {
    ...{ hash: hashToken(code), ttlSeconds: CODE_SECONDS },
    ...{ clientId, redirectUri, codeChallenge },
  })
  request.log.info(
    { event: 'identity_proven', provider: flow.provider, client: clientId, address: request.ip },
    'signed in at the provider only, to link',
  )
  return answerClient(options, flow, { code }, request, reply)
}
