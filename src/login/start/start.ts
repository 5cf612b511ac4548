import type { FastifyReply, FastifyRequest } from 'fastify'
import { v7 as uuidv7 } from 'uuid'
import type { AuthorizationRequest } from '../../core/client/authorization-request.ts'
import type { ResolvedClient } from '../../core/client/client.ts'
import { grantScope, readScope } from '../../core/client/scope.ts'
import { LatchkeyError } from '../../core/errors.ts'
import { LAST_PROVIDER_SECONDS } from '../../core/pages/last-provider.ts'
import { probeCookie } from '../../core/pages/probe-cookie.ts'
import { mayGiveIdToken } from '../../core/provider/id-tokens.ts'
import { promptsIn } from '../../core/provider/prompts.ts'
import { randomToken } from '../../core/secrets.ts'
import { isBrowserNavigation } from '../../http/errors/problems.ts'
import { FLOW_TTL_SECONDS, type Flow, type FlowCookie } from '../flow.ts'
import { type Login, setCookies } from '../login.ts'

/** Browsers silently drop a cookie whose name and value have more than 4096 bytes together. */
const MAX_COOKIE_BYTES = 4050

/** Starts a login: client request -> flow, sealed in a cookie -> 302 to the provider. */
export async function startLogin(
  login: Login,
  { client, redirectUri }: ResolvedClient,
  asked: AuthorizationRequest,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { provider, resumable } = login
  refuseWhatCannotBe(login, asked)
  const needsAuthTime = wantsProofOfTime(asked)
  const started = await provider.start({ ...asked, needsAuthTime }, (random) =>
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

/** The user whom `id_token_hint` names; null without one, or where it is no ID token of ours. */
const hintedUser = (login: Login, { id_token_hint: hint }: AuthorizationRequest) =>
  hint === undefined ? null : (login.readIdTokenHint(hint)?.sub ?? null)

/** A new flow, which begins now. */
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

/** Sets the flow's cookie, together with `others`, and redirects the browser to the provider. */
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

/**
 * A cookie that later tells whether the browser keeps cookies at all. Only people need it, in an
 * error page's explanation.
 */
function probeFor(request: FastifyRequest, issuer: string): FlowCookie[] {
  if (!isBrowserNavigation(request)) return []
  const name = probeCookie(issuer)
  if (request.cookies[name] !== undefined) return []
  return [{ name, value: '1', maxAgeSeconds: LAST_PROVIDER_SECONDS }]
}

/** Refuses at once what the provider would only refuse after the person went there. */
function refuseWhatCannotBe({ provider }: Login, asked: AuthorizationRequest): void {
  const { row } = provider
  if (asked.prompt === 'none' && !row.silent) {
    throw new LatchkeyError('login_required', `${row.name} signs nobody in silently.`)
  }
  // Without an ID token nothing could prove when the person authenticated.
  if (!mayGiveIdToken(row) && wantsProofOfTime(asked)) throw noProofOfTime(row.name)
}

/** Whether the client asks for proof of when the person authenticated. */
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
  new LatchkeyError(
    'login_required',
    `${provider} does not say when the person authenticated: send it neither max_age nor prompt=login.`,
    { evidence: { reason: 'no_auth_time' } },
  )
