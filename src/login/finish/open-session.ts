import type { FastifyReply, FastifyRequest } from 'fastify'
import type { SessionRequest } from '../../core/client/prepared-session.ts'
import type { AuthenticatedIdentity } from '../../core/identity/sign-ins.ts'
import { LAST_PROVIDER_SECONDS, lastProviderCookie } from '../../core/pages/last-provider.ts'
import { cleanText } from '../../core/text.ts'
import { isBrowserNavigation } from '../../http/errors/problems.ts'
import { addressOf } from '../../http/requests/address.ts'
import { askerOf } from '../../http/requests/asker.ts'
import type { Authentication } from '../../upstream/provider.ts'
import type { Flow } from '../flow.ts'
import { type Login, setCookies } from '../login.ts'

/** The identity that is stored: what the provider said of the person, and the tokens it gave. */
export function authenticatedIdentity(
  { provider, tokenSealer }: Pick<Login, 'provider' | 'tokenSealer'>,
  { profile, issuer, tokens }: Authentication,
): AuthenticatedIdentity {
  const key = { provider: provider.row.id, issuer, subject: profile.subject }
  return { key, profile, tokens: tokens === null ? null : tokenSealer.seal(tokens, key) }
}

/**
 * Stores user and session for the identity that the provider has confirmed, and gives what the
 * client will get.
 */
export async function openSession(
  login: Login,
  who: Authentication,
  asked: SessionRequest,
  request: FastifyRequest,
  facts: { native?: true } = {},
) {
  const { provider, signIns, prepareSession } = login
  const { key, profile, tokens } = authenticatedIdentity(login, who)
  const prepared = prepareSession(asked)
  const { account, decision } = await signIns.signIn(
    key,
    profile,
    prepared.session,
    tokens,
    askerOf(request),
  )
  const line = {
    event: 'signed_in',
    provider: provider.row.id,
    client: asked.clientId,
    user: account.sub,
    session: prepared.session.id,
    address: asked.address,
    identity: decision.action,
  }
  const reason = 'reason' in decision ? { reason: decision.reason } : null
  request.log.info(Object.assign(line, reason, facts), 'signed in')
  return { prepared, account }
}

/** What a session stores about the sender of a request. */
export const senderOf = (request: FastifyRequest) => ({
  userAgent: cleanText(request.headers['user-agent'], 512),
  address: addressOf(request),
})

/**
 * The session that a flow opens. Its secrets are derived from the flow, so that a repeated callback
 * gives the same code.
 */
export function sessionRequest(
  { client, sessionId: id, seed }: Flow,
  authTime: number | null,
  request: FastifyRequest,
): SessionRequest {
  const { redirectUri, codeChallenge, responseMode, scope, nonce, resource } = client
  const cookieMode = responseMode === 'cookie'
  return {
    id,
    seed,
    clientId: client.id,
    scope,
    nonce,
    resource,
    cookieMode,
    authTime,
    silent: client.prompt === 'none',
    code: redirectUri === null || cookieMode ? null : { redirectUri, codeChallenge },
    ...senderOf(request),
  }
}

/** Opens the session that a flow asks for. */
export const openFlowSession = (
  login: Login,
  flow: Flow,
  who: Authentication,
  request: FastifyRequest,
) => openSession(login, who, sessionRequest(flow, who.authTime, request), request)

/**
 * Remembers the provider in a cookie, for the sign-in page. Only where a person is looking:
 * programs never see that page.
 */
export function rememberProvider(
  { issuer }: Login,
  { provider }: Flow,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  if (!isBrowserNavigation(request)) return
  const name = lastProviderCookie(issuer)
  if (request.cookies[name] === provider) return
  setCookies(reply, [{ name, value: provider, maxAgeSeconds: LAST_PROVIDER_SECONDS }], issuer)
}
