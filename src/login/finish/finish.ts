import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { readScope } from '../../core/client/scope.ts'
import type { FlowFailure } from '../../core/client/used-flows.ts'
import { claimsOf } from '../../core/identity/account.ts'
import { probeCookie } from '../../core/pages/probe-cookie.ts'
import { isLoopbackHost } from '../../core/settings/urls.ts'
import { shownUri } from '../../core/text.ts'
import { isBrowserNavigation, logProblem, toLatchkeyError } from '../../http/errors/problems.ts'
import { know } from '../../http/log/known.ts'
import { askerOf } from '../../http/requests/asker.ts'
import { refusePrefetch } from '../../http/requests/prefetch.ts'
import { readParameters } from '../../http/routes/query.ts'
import type { Authentication } from '../../upstream/provider.ts'
import { FLOW_TTL_SECONDS, type Flow, flowMark } from '../flow.ts'
import { keepIdentity } from '../link.ts'
import { type Login, setCookies } from '../login.ts'
import { noDirectAnswer } from '../start/request.ts'
import { askAgain, trySecondTime } from '../start/second-try.ts'
import { wantsProofOfTime } from '../start/start.ts'
import { invalidState } from '../ways-on/invalid-state.ts'
import { answerClient, type ClientFlow, endsAtClient, targetOf } from './answers.ts'
import { checkAuthTime } from './auth-time.ts'
import { checkHint } from './id-token-hint.ts'
import { noteOf } from './note.ts'
import { openFlowSession, rememberProvider } from './open-session.ts'
import { answerFailure, failureOf } from './refusal.ts'
import { answerAgain } from './repeat.ts'

/** The parameter that names the flow of a callback. */
const CallbackState = z.object({ state: z.string().max(512).optional() })

/** The parameters of a callback; others that a provider adds are ignored. */
const CallbackQuery = CallbackState.extend({
  // Visible ASCII (RFC 6749, appendix A.11).
  code: z
    .string()
    .max(8192)
    .regex(/^[\x20-\x7e]+$/)
    .optional(),
  iss: z.string().max(2048).optional(),
  error: z.string().max(4096).optional(),
  /** The `user` field of a form_post, which we sealed when we turned the POST into this GET. */
  form_user: z.string().max(8192).optional(),
})
type CallbackQuery = z.infer<typeof CallbackQuery>

/** The callback: cookie and query -> flow -> tokens -> profile -> user and session -> answer. */
export async function finishLogin(
  login: Login,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<object> {
  refusePrefetch(request)
  const { state } = readParameters(CallbackState, request.query)
  const flow = findFlow(login, state, request)
  if (typeof flow === 'string') {
    const again = await trySecondTime(login, readCallback(request).error, request, reply)
    if (again !== null) return again
    throw invalidState(flow)
  }
  know(request, factsOf(flow))
  const { error } = request.query as Record<string, unknown>
  const refusal = { ...detailsOf(request), error }
  const again = await askAgain(login, flow, refusal, request, reply)
  if (again !== null) return again
  return endsAtClient(flow)
    ? answerFlow(login, flow, request, reply)
    : answerDirectly(login, flow, readCallback(request), request, reply)
}

const readCallback = ({ query }: FastifyRequest): CallbackQuery =>
  readParameters(CallbackQuery, query)

/**
 * Finishes a flow of a client. However it ends, also by a callback with malformed parameters, the
 * client is told, and a repeated callback gets the same answer for a minute.
 */
async function answerFlow(
  login: Login,
  flow: ClientFlow,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { usedFlows, flowCookies, issuer, ended } = login
  const target = targetOf(flow)
  const tell = (result: Readonly<Record<string, string>>) =>
    answerClient(login, target, result, request, reply)
  let isFirst = false
  try {
    if (!(await usedFlows.finish(flowMark(flow), FLOW_TTL_SECONDS * 2))) {
      return await answerAgain(login, flow, request, reply)
    }
    isFirst = true
    // From here on the flow is used up on all replicas: its cookie can only ask for the same answer
    // again.
    setCookies(reply, [flowCookies.keep(flow.state, request.cookies)], issuer)
    const who = await readIdentity(login, flow, readCallback(request), request)
    const result =
      flow.client.intent === 'link'
        ? await keepIdentity(login, flow, who, request)
        : await signInFor(login, flow, who, request, reply)
    ended('browser', 'success')
    return tell(result)
  } catch (error) {
    // A callback whose flow is already over shows the error page and tells the client nothing.
    if (!isFirst && isInvalidState(error)) {
      setCookies(reply, [flowCookies.clear(flow.state)], issuer)
      throw error
    }
    const { code } = logProblem(error, request)
    ended('browser', code)
    if (isFirst) await login.failed(request, flow.client.id, code)
    const failure = failureOf(error, issuer)
    if (isFirst) await keepFailure(login, flow, failure, request)
    return answerFailure(login, flow, failure, request, reply)
  }
}

/**
 * Stores how the flow failed, for a repeated callback. If that cannot be stored, a repeat gets an
 * error of its own.
 */
async function keepFailure(
  { usedFlows }: Login,
  flow: Flow,
  failure: FlowFailure,
  request: FastifyRequest,
): Promise<void> {
  await usedFlows.fail(flowMark(flow), failure).catch((error) => logProblem(error, request))
}

/**
 * Finishes a flow without a redirect_uri: the callback answers with the tokens themselves, once.
 */
async function answerDirectly(
  login: Login,
  flow: Flow,
  query: CallbackQuery,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<object> {
  const { usedFlows, flowCookies, issuer } = login
  if (!login.directAnswer) throw noDirectAnswer()
  const isFirst = await usedFlows.finish(flowMark(flow), FLOW_TTL_SECONDS * 2)
  setCookies(reply, [flowCookies.clear(flow.state)], issuer)
  if (!isFirst) throw invalidState('used')
  const { prepared, account } = await readIdentity(login, flow, query, request)
    .then((who) => openFlowSession(login, flow, who, request))
    .catch(async (error: unknown) => {
      await login.failed(request, flow.client.id, toLatchkeyError(error).code)
      throw error
    })
  rememberProvider(login, flow, request, reply)
  login.ended('browser', 'success')
  const user = claimsOf(account, readScope(flow.client.scope))
  const answer = { ...(await prepared.tokens(account)), user }
  const isPage = isBrowserNavigation(request) && isLoopbackHost(new URL(issuer).hostname)
  if (!isPage) return answer
  return login.sendTokenPage(
    { answer, uiLocales: flow.client.uiLocales ?? undefined },
    request,
    reply,
  )
}

/**
 * Signs the person in and gives the client's parameters: a code, or nothing in cookie mode, where
 * the tokens go into cookies.
 */
async function signInFor(
  login: Login,
  flow: ClientFlow,
  who: Authentication,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Record<string, string>> {
  const { sessionCookies, endSession } = login
  const { prepared, account } = await openFlowSession(login, flow, who, request)
  rememberProvider(login, flow, request, reply)
  if (flow.client.responseMode !== 'cookie') {
    sessionCookies.marks.add(request, reply, prepared.session.id)
    return { code: prepared.code }
  }
  // The cookies of the session before are overwritten below: nobody could use it any more, so it is
  // ended.
  const before = await sessionCookies.findSession(request)
  if (before !== null) await endSession({ ...before, asker: askerOf(request) })
  sessionCookies.set(reply, flow.client.id, await prepared.tokens(account))
  return {}
}

/** Reads who has signed in, and when, from the provider's answer. */
async function readIdentity(
  { provider, formUsers, signIns }: Login,
  flow: Flow,
  { form_user, code, error, iss }: CallbackQuery,
  request: FastifyRequest,
): Promise<Authentication> {
  const formUser = formUsers.open(form_user, flow.state)
  const { state, nonce, verifier, client } = flow
  const needsAuthTime = wantsProofOfTime({ ...client, max_age: client.maxAge })
  const details = detailsOf(request)
  const known = { state, nonce, verifier, needsAuthTime }
  const callback = { ...known, code, error, iss, formUser, details }
  const who = await provider.finish(callback, noteOf(request))
  checkAuthTime(flow, who.authTime, provider.row.name)
  await checkHint(signIns, flow, who)
  return who
}

/**
 * What explains a provider's refusal, for the log. Not validated with the other parameters, since
 * it may be anything.
 */
function detailsOf({ query }: FastifyRequest): Record<string, unknown> {
  const { error_code, error_description } = query as Record<string, unknown>
  return { error_code, error_description }
}

/** The flow of a callback; throws with the reason where there is none. */
function findFlow(
  { flowCookies, provider, issuer }: Login,
  state: string | undefined,
  request: FastifyRequest,
): Flow | 'state_missing' | 'flow_not_found' | 'cookies_missing' | 'other_provider' {
  if (state === undefined) return 'state_missing'
  const flow = flowCookies.find(state, request.cookies, Date.now())
  if (flow === null) {
    const hasCookies = request.cookies[probeCookie(issuer)] !== undefined
    return hasCookies || !isBrowserNavigation(request) ? 'flow_not_found' : 'cookies_missing'
  }
  return flow.provider === provider.row.id ? flow : 'other_provider'
}

const isInvalidState = (error: unknown) => (error as { code?: unknown }).code === 'invalid_state'

/** What the log says about a flow beside the reason. */
const factsOf = ({ provider, client }: Flow) => ({
  provider,
  client: client.id,
  ...(client.redirectUri === null ? {} : { redirect_uri: shownUri(client.redirectUri) }),
})
