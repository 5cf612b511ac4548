import type { FastifyReply, FastifyRequest } from 'fastify'
import { AuthorizationRequest } from '../core/authorization-request.ts'
import { type Client, isConfidential, resolveClient } from '../core/client.ts'
import { LatchkeyError } from '../core/errors.ts'
import { pathOf } from '../core/public-url.ts'
import { grantScope } from '../core/scope.ts'
import { isBrowserNavigation } from '../http/problems.ts'
import { readParameters } from '../http/query.ts'
import { FLOW_TTL_SECONDS, type Flow } from './flow.ts'
import { type Login, setCookies } from './login.ts'
import { searchOf } from './recovery-links.ts'

/** A browser drops a cookie above 4096 bytes without a word; its attributes need about 60. */
const MAX_COOKIE_BYTES = 4000

/**
 * Client request -> flow, sealed in a cookie -> 302 to the provider; to the sign-in page where the
 * provider would refuse this browser.
 */
export async function startLogin(
  { provider, issuer, clients, flowCookies, resumable, https, isInAppBrowser }: Login,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  refusePrefetch(request)
  const asked = readParameters(AuthorizationRequest, request.query)
  const { client, redirectUri } = readClient(clients, asked)
  const isRefused =
    provider.row.refusesWebViews &&
    isBrowserNavigation(request) &&
    isInAppBrowser(request.headers['user-agent'])
  // The sign-in page has the way out of the app, and the other providers.
  if (isRefused) return reply.redirect(`${pathOf(issuer)}/login${searchOf(asked)}`, 302)
  const now = Date.now()
  const { url, state, nonce, verifier } = await provider.start(asked, (random) =>
    resumable.add(random, provider.row.id, asked),
  )
  const flow: Flow = {
    provider: provider.row.id,
    state,
    nonce,
    verifier,
    expiresAt: now + FLOW_TTL_SECONDS * 1000,
    client: {
      id: client.id,
      scope: grantScope(asked.scope, client),
      nonce: asked.nonce ?? null,
      redirectUri,
      state: asked.state ?? null,
      codeChallenge: asked.code_challenge ?? null,
      responseMode: asked.response_mode ?? 'query',
      intent: asked.intent ?? null,
    },
  }
  const cookies = flowCookies.start(flow, request.cookies, now)
  if (cookies.some(({ name, value }) => name.length + value.length > MAX_COOKIE_BYTES)) {
    throw new LatchkeyError('invalid_request', 'The parameters are too long together.')
  }
  setCookies(reply, cookies, https)
  return reply.redirect(url.href, 302)
}

/** The registered client of a request; a public one that gets a code must bring a PKCE challenge. */
function readClient(clients: readonly Client[], asked: AuthorizationRequest) {
  const refuse = (message: string): never => {
    throw new LatchkeyError('invalid_request', message)
  }
  const { client, redirectUri } = resolveClient(clients, asked)
  const mode = asked.response_mode ?? 'query'
  if (redirectUri === null && mode !== 'query') {
    return refuse('This response_mode needs a redirect_uri.')
  }
  if (mode === 'web_message' && !/^https?:/.test(redirectUri ?? '')) {
    return refuse('response_mode web_message needs an http or https redirect_uri.')
  }
  if (asked.intent === 'link' && redirectUri === null) {
    return refuse('intent=link needs a redirect_uri.')
  }
  if (asked.intent === 'link' && mode === 'cookie') {
    return refuse('intent=link gives a code: response_mode must be query or web_message.')
  }
  if (asked.code_challenge !== undefined && asked.code_challenge_method === undefined) {
    return refuse('The code_challenge_method must be S256.')
  }
  const needsChallenge = redirectUri !== null && mode !== 'cookie' && !isConfidential(client)
  if (needsChallenge && asked.code_challenge === undefined) {
    return refuse('A public client must send a code_challenge (PKCE, S256).')
  }
  return { client, redirectUri }
}

/** A link that is fetched ahead must not start a login (RFC 9110, 9.2.1: GET is safe). */
function refusePrefetch(request: FastifyRequest): void {
  const purpose = request.headers['sec-purpose'] ?? request.headers.purpose
  if (typeof purpose === 'string' && /\bpre(fetch|render)\b/i.test(purpose)) {
    throw new LatchkeyError('invalid_request', 'A login is not started by a prefetch.')
  }
}
