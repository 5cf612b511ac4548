import type { FastifyReply, FastifyRequest } from 'fastify'
import { addressOf } from '../../http/requests/address.ts'
import { cleared, type Flow, type FlowCookie } from '../flow.ts'
import type { Login } from '../login.ts'
import { requestOf } from '../request-of.ts'
import { freshFlow, sendToProvider, wantsProofOfTime } from './start.ts'

/**
 * Starts a login a second time. Some providers first try to sign in through their own mobile app;
 * where that fails they come back with an error and a state that is not ours. Their row says how to
 * ask for a login without the app. This is done once per flow, and only where it is clear which
 * flow is meant. Null where there is nothing to try.
 */
export async function trySecondTime(
  login: Login,
  error: string | undefined,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | null> {
  const { provider, flowCookies } = login
  const { id, secondTry } = provider.row
  if (secondTry === undefined || error === undefined) return null
  const [first, ...others] = flowCookies.under(id, request.cookies, Date.now())
  if (first === undefined || others.length > 0 || first.flow.isSecondTry) return null
  const meant = { flow: first.flow, ended: cleared(first.name), more: secondTry }
  return beginAgain(login, meant, 'the automatic login failed and is tried without', request, reply)
}

/**
 * Starts a flow once more where the provider's error means just that, as when its page had expired.
 * Null for any other error.
 */
export async function askAgain(
  login: Login,
  flow: Flow,
  refusal: Readonly<Record<string, unknown>>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | null> {
  const { provider, flowCookies } = login
  if (flow.isSecondTry || !provider.row.wantsAgain(refusal)) return null
  const meant = { flow, ended: flowCookies.clear(flow.state), more: {} }
  const why = 'the provider’s page had expired; it is asked once more'
  return beginAgain(login, meant, why, request, reply)
}

/** Starts a login in place of the one that ends, with what its client asked for. */
async function beginAgain(
  login: Login,
  { flow, ended, more }: { flow: Flow; ended: FlowCookie; more: Readonly<Record<string, string>> },
  why: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { client, provider } = flow
  const facts = { event: 'second_try', provider, client: client.id, address: addressOf(request) }
  request.log.info(facts, why)
  const asked = requestOf(client)
  const started = await login.provider.start(
    { ...asked, needsAuthTime: wantsProofOfTime(asked) },
    (random) => login.resumable.add(random, provider, asked),
    more,
  )
  const begun = {
    flow: { ...freshFlow(provider, started, client), isSecondTry: true },
    url: started.url,
    others: [ended],
  }
  return sendToProvider(login, begun, request, reply)
}
