import type { FastifyReply, FastifyRequest } from 'fastify'
import { addressOf } from '../../http/address.ts'
import { cleared, type Flow } from '../flow.ts'
import type { Login } from '../login.ts'
import { freshFlow, sendToProvider } from './start.ts'

/**
 * Some providers sign in by an app of theirs where there is one, and come back with an error and a state
 * that is not ours where that fails. Their row says how to ask for a login without it: this is done once
 * per flow, and only where it is clear which one is meant. Null where there is nothing to try.
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
  const { client } = first.flow
  const started = await provider.start(askedBy(client), (random) => random, secondTry)
  const flow = { ...freshFlow(id, started, client), isSecondTry: true }
  request.log.info(
    { event: 'second_try', provider: id, client: client.id, address: addressOf(request) },
    'the automatic login failed and is tried without',
  )
  const begun = { flow, url: started.url, others: [cleared(first.name)] }
  return sendToProvider(login, begun, request, reply)
}

/** What is passed on of the client's request. */
const askedBy = ({ prompt, maxAge, uiLocales }: Flow['client']) => ({
  prompt: prompt ?? undefined,
  max_age: maxAge === null ? undefined : String(maxAge),
  ui_locales: uiLocales ?? undefined,
})
