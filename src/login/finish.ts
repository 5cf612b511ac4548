import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { LatchkeyError } from '../core/errors.ts'
import { LAST_PROVIDER_SECONDS, lastProviderCookie } from '../core/last-provider.ts'
import { isBrowserNavigation, logProblem } from '../http/problems.ts'
import { readParameters } from '../http/query.ts'
import { answerClient, type ClientFlow, endsAtClient, failureParameters } from './answers.ts'
import { FLOW_TTL_SECONDS, type Flow, flowMark } from './flow.ts'
import { answerWithIdentity } from './link.ts'
import { type Login, setCookies } from './login.ts'
import { openSession } from './open-session.ts'

/** What a provider sends back; anything else that it adds is ignored. */
const CallbackQuery = z.object({
  // Visible ASCII (RFC 6749, appendix A.11).
  code: z
    .string()
    .max(8192)
    .regex(/^[\x20-\x7e]+$/)
    .optional(),
  state: z.string().max(512).optional(),
  iss: z.string().max(2048).optional(),
  error: z.string().max(4096).optional(),
  /** What a form_post brought beside these, sealed by ourselves on the way. */
  form_user: z.string().max(8192).optional(),
})

/** Who has signed in at the provider. */
type Authentication = Awaited<ReturnType<typeof readIdentity>>

/** Cookie and query -> flow -> tokens -> profile -> user and session -> answer. */
export async function finishLogin(
  options: Login,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<object> {
  const { flowCookies, https, usedFlows } = options
  const query = readParameters(CallbackQuery, request.query)
  const flow = findFlow(options, query.state, request)
  // From here on the flow is over, whatever comes out: on all replicas, and in this browser.
  const finish = async () => {
    const isFirst = await usedFlows.finish(flowMark(flow), FLOW_TTL_SECONDS * 2)
    setCookies(reply, [flowCookies.clear(flow.state)], https)
    return isFirst
  }
  if (!endsAtClient(flow)) {
    if (!(await finish())) throw invalidState('used')
    const who = await readIdentity(options, flow, query)
    const { prepared, account } = await signIn(options, flow, who, request, reply)
    options.ended('browser', 'success')
    return { ...(await prepared.tokens(account)), user: account }
  }
  try {
    if (await finish()) {
      const who = await readIdentity(options, flow, query)
      const answer =
        flow.client.intent === 'link'
          ? await answerWithIdentity(options, flow, who, request, reply)
          : await answerWithSession(options, flow, who, request, reply)
      options.ended('browser', 'success')
      return answer
    }
  } catch (error) {
    const { code } = logProblem(error, request)
    options.ended('browser', code)
    return answerClient(options, flow, failureParameters(error), request, reply)
  }
  throw invalidState('used')
}

/** Signs in and sends the client its code; in cookie mode the tokens go into cookies instead. */
async function answerWithSession(
  options: Login,
  flow: ClientFlow,
  who: Authentication,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { sessionCookies, endSession } = options
  const { prepared, account } = await signIn(options, flow, who, request, reply)
  if (flow.client.responseMode !== 'cookie') {
    return answerClient(options, flow, { code: prepared.code }, request, reply)
  }
  // Nobody could use the session any more whose cookies are overwritten now.
  const before = await sessionCookies.findSession(request)
  if (before !== null) await endSession({ userId: before.sub, sessionId: before.sid })
  sessionCookies.set(reply, flow.client.id, await prepared.tokens(account))
  return answerClient(options, flow, {}, request, reply)
}

/** The provider's answer -> who has signed in there. */
function readIdentity(
  { provider, formUsers }: Login,
  flow: Flow,
  query: z.infer<typeof CallbackQuery>,
) {
  const formUser = formUsers.open(query.form_user, flow.state)
  const { code, error, iss } = query
  return provider.finish({ ...flow, code, error, iss, formUser })
}

/** Who has signed in -> user and session, stored. */
async function signIn(
  options: Login,
  flow: Flow,
  who: Authentication,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const { https, issuer } = options
  const { id: clientId, scope, nonce, redirectUri, codeChallenge, responseMode } = flow.client
  const code =
    redirectUri === null || responseMode === 'cookie' ? null : { redirectUri, codeChallenge }
  const cookieMode = responseMode === 'cookie'
  const client = { clientId, scope, nonce, code, cookieMode, seed: flow.state }
  const opened = await openSession(options, who, client, request)
  const name = lastProviderCookie(issuer)
  // The sign-in page shows it to people; a program never sees that page.
  if (isBrowserNavigation(request) && request.cookies[name] !== flow.provider) {
    const used = { name, value: flow.provider, maxAgeSeconds: LAST_PROVIDER_SECONDS }
    setCookies(reply, [used], https)
  }
  return opened
}

function findFlow(options: Login, state: string | undefined, request: FastifyRequest): Flow {
  if (state === undefined) throw invalidState('state_missing')
  const flow = options.flowCookies.find(state, request.cookies, Date.now())
  if (flow === null) throw invalidState('flow_not_found')
  if (flow.provider !== options.provider.row.id) throw invalidState('other_provider')
  return flow
}

const invalidState = (reason: string) =>
  new LatchkeyError(
    'invalid_state',
    'This sign-in is over, was started elsewhere or took too long. Please start again.',
    { evidence: { reason } },
  )
