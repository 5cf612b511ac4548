import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Account } from '../core/account.ts'
import { AuthorizationRequest, BUILT_IN_CLIENT, grantScope } from '../core/client.ts'
import { LatchkeyError } from '../core/errors.ts'
import type { FinishedFlows, NewSession, SignIns } from '../core/stores.ts'
import { cleanText } from '../core/text.ts'
import { OUTBOUND_MS } from '../http/outbound.ts'
import { readParameters } from '../http/query.ts'
import { FLOW_TTL_SECONDS, type Flow, type FlowCookie, type FlowCookies, flowMark } from './flow.ts'
import { bounceFormPosts, type FormUsers } from './form-post.ts'
import type { Provider } from './provider.ts'

/** What a login needs of the other rooms. */
export interface LoginOptions {
  provider: Provider
  flowCookies: FlowCookies
  /** Whether cookies are for https only. */
  https: boolean
  finishedFlows: FinishedFlows
  signIns: SignIns
  formUsers: FormUsers
  prepareSession: (request: {
    clientId: string
    scope: string
    nonce: string | null
    userAgent: string | null
    address: string | null
  }) => { session: NewSession; tokens(account: Account): object }
}

/** What a provider sends back; anything else that it adds is ignored. */
const CallbackQuery = z.object({
  // Visible ASCII (RFC 6749, appendix A.11).
  code: z
    .string()
    .max(4096)
    .regex(/^[\x20-\x7e]+$/)
    .optional(),
  state: z.string().max(512).optional(),
  iss: z.string().max(2048).optional(),
  error: z.string().max(4096).optional(),
  /** What a form_post brought beside these, sealed by ourselves on the way. */
  form_user: z.string().max(8192).optional(),
})

/** The route pair of one provider: `GET /login/<id>` and its callback. */
export function loginRoutes(app: FastifyInstance, options: LoginOptions): void {
  const { row } = options.provider
  app.get(
    `/login/${row.id}`,
    { schema: { hide: true }, exposeHeadRoute: false },
    (request, reply) => startLogin(options, request, reply),
  )
  app.get(
    `/login/${row.id}/callback`,
    { schema: { hide: true }, exposeHeadRoute: false },
    (request, reply) => finishLogin(options, request, reply),
  )
  if (row.formPost) bounceFormPosts(app, options)
}

/** Client request -> flow, sealed in a cookie -> 302 to the provider. */
export async function startLogin(
  { provider, flowCookies, https }: LoginOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  refusePrefetch(request)
  const asked = readParameters(AuthorizationRequest, request.query)
  requireKnownClient(asked)
  const now = Date.now()
  const { url, state, nonce, verifier } = await provider.start(
    asked,
    AbortSignal.timeout(OUTBOUND_MS),
  )
  const flow: Flow = {
    provider: provider.row.id,
    state,
    nonce,
    verifier,
    expiresAt: now + FLOW_TTL_SECONDS * 1000,
    client: {
      id: BUILT_IN_CLIENT,
      scope: grantScope(asked.scope),
      nonce: asked.nonce ?? null,
    },
  }
  setCookies(reply, flowCookies.start(flow, request.cookies, now), https)
  return reply.redirect(url.href, 302)
}

/** Cookie and query -> flow -> tokens -> profile -> user and session -> answer. */
async function finishLogin(
  options: LoginOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<object> {
  const { provider, flowCookies, https, finishedFlows, signIns, prepareSession } = options
  const query = readParameters(CallbackQuery, request.query)
  const flow = findFlow(options, query.state, request)
  // From here on the flow is over, whatever comes out: on all replicas, and in this browser.
  const isFirst = await finishedFlows.finish(flowMark(flow), FLOW_TTL_SECONDS * 2)
  setCookies(reply, [flowCookies.clear(flow.state)], https)
  if (!isFirst) throw invalidState('used')
  const signal = AbortSignal.timeout(OUTBOUND_MS)
  await provider.checkCallbackIssuer(query.iss, signal)
  const code = readAnswer(provider, query)
  const { profile, issuer } = await provider.finish(
    { ...flow, code, formUser: options.formUsers.open(query.form_user, flow.state) },
    signal,
  )
  const prepared = prepareSession({
    clientId: flow.client.id,
    scope: flow.client.scope,
    nonce: flow.client.nonce,
    userAgent: cleanText(request.headers['user-agent'], 512),
    address: request.ip,
  })
  const { account, decision } = await signIns.signIn(
    { provider: provider.row.id, issuer, subject: profile.subject },
    profile,
    prepared.session,
  )
  request.log.info(
    {
      event: 'signed_in',
      provider: provider.row.id,
      user: account.sub,
      session: prepared.session.id,
      address: request.ip,
      identity: decision.action,
      ...('reason' in decision ? { reason: decision.reason } : {}),
    },
    'signed in',
  )
  return { ...prepared.tokens(account), user: account }
}

function findFlow(options: LoginOptions, state: string | undefined, request: FastifyRequest): Flow {
  if (state === undefined) throw invalidState('state_missing')
  const flow = options.flowCookies.find(state, request.cookies, Date.now())
  if (flow === null) throw invalidState('flow_not_found')
  if (flow.provider !== options.provider.row.id) throw invalidState('other_provider')
  return flow
}

/** The code, or the provider's refusal as one of our codes. Its texts are shown to nobody. */
function readAnswer(provider: Provider, query: z.infer<typeof CallbackQuery>): string {
  const { code, error } = query
  if (error === undefined && code !== undefined) return code
  const evidence = {
    step: 'callback',
    error: error !== undefined && /^[\w.:-]{1,64}$/.test(error) ? error : null,
  }
  if (error !== undefined && code === undefined && provider.row.deniedErrors.includes(error)) {
    throw new LatchkeyError('access_denied', 'The sign-in was declined.', { evidence })
  }
  throw new LatchkeyError('provider_error', 'The provider could not sign you in.', { evidence })
}

const invalidState = (reason: string) =>
  new LatchkeyError(
    'invalid_state',
    'This sign-in is over, was started elsewhere or took too long. Please start again.',
    { evidence: { reason } },
  )

/** Redirect URIs are for registered clients, and this version knows none but the built-in one. */
function requireKnownClient(asked: AuthorizationRequest): void {
  if (asked.redirect_uri !== undefined) {
    throw new LatchkeyError('invalid_request', 'No client has registered this redirect_uri.')
  }
  if (asked.client_id !== undefined && asked.client_id !== BUILT_IN_CLIENT) {
    throw new LatchkeyError('invalid_request', 'No client with this client_id is registered.')
  }
  if (asked.response_mode !== undefined && asked.response_mode !== 'query') {
    throw new LatchkeyError('invalid_request', 'This response_mode needs a redirect_uri.')
  }
}

/** A link that is fetched ahead must not start a login (RFC 9110, 9.2.1: GET is safe). */
function refusePrefetch(request: FastifyRequest): void {
  const purpose = request.headers['sec-purpose'] ?? request.headers.purpose
  if (typeof purpose === 'string' && /\bpre(fetch|render)\b/i.test(purpose)) {
    throw new LatchkeyError('invalid_request', 'A login is not started by a prefetch.')
  }
}

function setCookies(reply: FastifyReply, cookies: readonly FlowCookie[], https: boolean): void {
  for (const { name, value, maxAgeSeconds } of cookies) {
    reply.setCookie(name, value, {
      path: '/',
      httpOnly: true,
      secure: https,
      sameSite: 'lax',
      maxAge: maxAgeSeconds,
    })
  }
}
