import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FlowOutcome } from '../../core/client/used-flows.ts'
import { LatchkeyError } from '../../core/errors.ts'
import { longerPause } from '../../core/longer-pause.ts'
import { hashToken } from '../../core/secrets.ts'
import { addressOf } from '../../http/requests/address.ts'
import { flowMark } from '../flow.ts'
import { linkCodeOf } from '../link.ts'
import type { Login } from '../login.ts'
import { invalidState } from '../ways-on/invalid-state.ts'
import { answerClient, type ClientFlow, targetOf } from './answers.ts'
import { sessionRequest } from './open-session.ts'
import { answerFailure } from './refusal.ts'

/**
 * How soon a repeated callback first looks whether the original one is done, and for how long in
 * all.
 */
const FIRST_LOOK_MS = 100
const WAIT_MS = 16_000

/**
 * Gives the browser that repeats its callback within a minute the same answer again. Nothing is
 * exchanged with the provider, and no secret was stored: codes and tokens are derived from the
 * flow. Throws `invalid_state` where the minute is over.
 */
export async function answerAgain(
  login: Login,
  flow: ClientFlow,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const outcome = await awaitOutcome(login, flow)
  request.log.info(
    {
      event: 'callback_repeated',
      provider: flow.provider,
      client: flow.client.id,
      address: addressOf(request),
      outcome: outcome.is,
    },
    'a callback was repeated',
  )
  const tell = (result: Readonly<Record<string, string>>) =>
    answerClient(login, targetOf(flow), result, request, reply)
  switch (outcome.is) {
    case 'failed':
      return answerFailure(login, flow, outcome.failure, request, reply)
    case 'linked':
      return tell({ code: linkCodeOf(flow) })
    case 'signed_in':
      return tell(
        flow.client.responseMode === 'cookie'
          ? await setSameCookies(login, flow, outcome, request, reply)
          : { code: sameCode(login, flow, outcome, request) },
      )
    case 'over':
      throw invalidState('used')
  }
}

async function awaitOutcome({ usedFlows }: Login, flow: ClientFlow) {
  const until = performance.now() + WAIT_MS
  const issued = { sessionId: flow.sessionId, linkCode: hashToken(linkCodeOf(flow)) }
  for (let pause = FIRST_LOOK_MS; ; pause = longerPause(pause)) {
    const outcome = await usedFlows.find(flowMark(flow), issued)
    if (outcome.is !== 'under_way') return outcome
    if (performance.now() > until) {
      throw new LatchkeyError('temporarily_unavailable', 'The sign-in was not finished in time.')
    }
    await sleep(pause)
  }
}

type SignedIn = Extract<FlowOutcome, { is: 'signed_in' }>

/** The session's inputs, so that the same code and tokens are derived from them. */
function prepareAgain(
  login: Login,
  flow: ClientFlow,
  { authTime, tokenHash }: SignedIn,
  request: FastifyRequest,
) {
  const asked = sessionRequest(flow, authTime, request)
  const prepared = login.prepareSession({ ...asked, issued: tokenHash })
  const { code, refreshToken } = prepared.session
  // It was derived with a SECRET that is no longer listed: it cannot be derived again.
  if (!(code ?? refreshToken)?.hash.equals(tokenHash)) throw invalidState('used')
  return prepared
}

const sameCode = (...of: Parameters<typeof prepareAgain>) => prepareAgain(...of).code

async function setSameCookies(
  login: Login,
  flow: ClientFlow,
  outcome: SignedIn,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Record<string, string>> {
  // The browser may have the cookies already, and may even have renewed them.
  const now = await login.sessionCookies.findSession(request)
  if (now?.sessionId === flow.sessionId) return {}
  const account = await login.findAccount({ userId: outcome.userId, sessionId: flow.sessionId })
  if (account === null) throw invalidState('used')
  const prepared = prepareAgain(login, flow, outcome, request)
  login.sessionCookies.set(reply, flow.client.id, await prepared.tokens(account))
  return {}
}
