import type { FastifyReply, FastifyRequest } from 'fastify'
import { v7 as uuidv7 } from 'uuid'
import type { AuthorizationRequest } from '../../core/client/authorization-request.ts'
import type { ResolvedClient } from '../../core/client/client.ts'
import { grantScope, readScope } from '../../core/client/scope.ts'
import { LatchkeyError } from '../../core/errors.ts'
import { LAST_PROVIDER_SECONDS } from '../../core/pages/last-provider.ts'
import { probeCookie } from '../../core/pages/probe-cookie.ts'
import { promptsIn } from '../../core/provider/prompts.ts'
import { randomToken } from '../../core/secrets.ts'
import { isBrowserNavigation } from '../../http/errors/problems.ts'
import { FLOW_TTL_SECONDS, type Flow, type FlowCookie } from '../flow.ts'
import { type Login, setCookies } from '../login.ts'

/** A browser drops a cookie whose name and value have more than 4096 bytes without a word. */
const MAX_COOKIE_BYTES = 4050

/** Client request -> flow, sealed in a cookie -> 302 to the provider. */
export async function startLogin(
  login: Login,
  { client, redirectUri }: ResolvedClient,
  asked: AuthorizationRequest,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { provider, resumable } = login
  refuseWhatCannotBe(login, asked)
  const started = await provider.start(asked, (random) =>
    resumable.add(random, provider.row.id, { ...asked, client_id: client.id }),
  )
  const flow = freshFlow(provider.row.id, started, {
    id: client.id,
    scope: grantScope(asked.scope, client),
    nonce: asked.nonce ?? null,
    resource: asked.resource ?? null,
    redirectUri,
    state: asked.state ?? null,
    codeChallenge: asked.code_challenge ?? null,
    responseMode: asked.response_mode ?? 'query',
    intent: asked.intent ?? null,
    uiLocales: asked.ui_locales ?? null,
    maxAge: asked.max_age === undefined ? null : Number(asked.max_age),
    prompt: asked.prompt ?? null,
    hinted: hintedUser(login, asked),
  })
  return sendToProvider(login, { flow, url: started.url }, request, reply)
}

/** The user whom an ID token of ours names; null where none came along, or another's. */
const hintedUser = (login: Login, { id_token_hint: hint }: AuthorizationRequest) =>
  hint === undefined ? null : (login.readIdTokenHint(hint)?.sub ?? null)

/** A flow that begins now. */
export const freshFlow = (
  provider: string,
  { state, nonce, verifier }: Pick<Flow, 'state' | 'nonce' | 'verifier'>,
  client: Flow['client'],
): Flow => ({
  provider,
  state,
  nonce,
  verifier,
  expiresAt: Date.now() + FLOW_TTL_SECONDS * 1000,
  sessionId: uuidv7(),
  seed: randomToken(16),
  isSecondTry: false,
  client,
})

/** Keeps the flow in a cookie, with `others` set beside it, and sends the browser on. */
export function sendToProvider(
  { flowCookies, issuer }: Pick<Login, 'flowCookies' | 'issuer'>,
  { flow, url, others = [] }: { flow: Flow; url: string; others?: readonly FlowCookie[] },
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const cookies = flowCookies.start(flow, request.cookies, Date.now())
  if (cookies.some(({ name, value }) => name.length + value.length > MAX_COOKIE_BYTES)) {
    throw new LatchkeyError('invalid_request', 'The parameters are too long together.', {
      evidence: { reason: 'too_long_together' },
    })
  }
  setCookies(reply, [...cookies, ...others, ...probeFor(request, issuer)], issuer)
  return reply.redirect(url, 302)
}

/** What tells later whether the browser keeps cookies; for people, whom alone it is told. */
function probeFor(request: FastifyRequest, issuer: string): FlowCookie[] {
  if (!isBrowserNavigation(request)) return []
  const name = probeCookie(issuer)
  if (request.cookies[name] !== undefined) return []
  return [{ name, value: '1', maxAgeSeconds: LAST_PROVIDER_SECONDS }]
}

/** Says at once what the provider could only say after the person went there. */
function refuseWhatCannotBe({ provider }: Login, asked: AuthorizationRequest): void {
  const { row } = provider
  if (asked.prompt === 'none' && !row.silent) {
    throw new LatchkeyError('login_required', `${row.name} signs nobody in silently.`)
  }
  // Where there is no ID token, there is nothing that could say when the person authenticated.
  if (row.idToken === 'none' && wantsProofOfTime(asked)) throw noProofOfTime(row.name)
}

/** Whether the client wants to know for sure when the person authenticated. */
export function wantsProofOfTime(asked: {
  scope?: string | undefined
  prompt?: string | null | undefined
  max_age?: string | number | null | undefined
}): boolean {
  const isOpenId = readScope(asked.scope ?? '').has('openid')
  const isNew = promptsIn(asked.prompt).includes('login')
  return isOpenId && (isNew || (asked.max_age ?? null) !== null)
}

/** The provider does not say when the person authenticated. */
export const noProofOfTime = (provider: string): LatchkeyError =>
  new LatchkeyError('login_required', `${provider} does not say when the person authenticated.`, {
    evidence: { reason: 'no_auth_time' },
  })
