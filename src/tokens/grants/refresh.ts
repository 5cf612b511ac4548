import type { FastifyRequest } from 'fastify'
import type { Client } from '../../core/client/client.ts'
import { readResource, unlistedResource } from '../../core/client/resource.ts'
import { LatchkeyError } from '../../core/errors.ts'
import { hashToken } from '../../core/secrets.ts'
import type { TokenResponse } from '../../core/tokens/token-response.ts'
import type { PresentedRefreshToken, Rotation } from '../../core/tokens/token-store.ts'
import { placeOf } from '../../http/log/known.ts'
import { askerOf } from '../../http/requests/asker.ts'
import { accountFor } from './account-for.ts'
import type { GrantCall, GrantOptions } from './grant-options.ts'
import type { RefreshedInCookies } from './token-request.ts'

/** A refresh token and where it came from. */
interface Sent {
  token: string
  clientId: string
  fromCookie: boolean
}

/** `refresh_token` (RFC 6749, section 6): a refresh token -> its session -> tokens and its successor. */
export async function refresh(
  options: GrantOptions,
  client: Client,
  { request, body }: GrantCall,
): Promise<TokenResponse> {
  const { refresh_token: token = '' } = body
  const listed = [...client.resources, options.tokens.issuer]
  const resource = readResource(body.resource, listed)
  // Without `resource`, the session's own stays in effect, as long as the client still lists it.
  const resources = resource === undefined ? listed : null
  const sent = { token, clientId: client.id, fromCookie: false }
  return swap(options, sent, { request, body, resource, resources })
}

/**
 * A refresh in cookie mode: the cookie stands for token and client, and no script ever sees a
 * token.
 */
export async function refreshByCookie(
  options: GrantOptions,
  { request, reply, body }: GrantCall,
): Promise<RefreshedInCookies> {
  const { cookies } = options
  const token = cookies.readRefreshToken(request)
  const client = cookies.clientOf(request)
  const refuse = (message: string, reason: string) =>
    new LatchkeyError('invalid_grant', message, { evidence: { reason } })
  // The access token's cookie is there, but none with a refresh token.
  if (token === null) throw refuse('The session is over.', 'cookie_missing')
  if (client === null) throw refuse('The session is over.', 'cookie_client')
  if (body.client_id !== undefined && body.client_id !== client.id) {
    throw refuse('The session is of another client.', 'other_client')
  }
  readResource(body.resource, [])
  try {
    const sent = { token, clientId: client.id, fromCookie: true }
    const asked = { request, body, resource: undefined, resources: [] }
    const tokens = await swap(options, sent, asked)
    cookies.set(reply, client.id, tokens)
    const { token_type, expires_in, scope } = tokens
    return { token_type, expires_in, scope }
  } catch (error) {
    if (error instanceof LatchkeyError && error.code === 'invalid_grant') cookies.clear(reply)
    throw error
  }
}

async function swap(
  options: GrantOptions,
  sent: Sent,
  {
    request,
    body,
    resource,
    resources,
  }: Pick<GrantCall, 'request' | 'body'> & {
    resource: string | undefined
  } & Pick<PresentedRefreshToken, 'resources'>,
): Promise<TokenResponse> {
  const scopes = body.scope?.split(' ').filter(Boolean) ?? []
  const asked = { scopes, resources, asker: askerOf(request) }
  const { rotation, successors } = await rotate(options, sent, asked)
  logRotation(request, sent, rotation)
  if (rotation.outcome === 'wider') {
    throw new LatchkeyError('invalid_scope', 'The scope is wider than the one that was granted.')
  }
  if (rotation.outcome === 'unlisted') throw unlistedResource()
  if (!('session' in rotation)) {
    throw new LatchkeyError('invalid_grant', 'The refresh token is used, expired or revoked.', {
      evidence: { reason: rotation.outcome, detail: rotation.reason, client: sent.clientId },
    })
  }
  // The request may narrow the scope (RFC 6749, section 6); the session keeps what it was granted.
  const session =
    scopes.length > 0
      ? { ...rotation.session, scope: narrow(rotation.session.scope, scopes) }
      : rotation.session
  return options.tokens.issue(session, {
    refreshToken: successors[rotation.place] ?? '',
    nonce: null,
    account: await accountFor(options.accounts, session),
    resource,
  })
}

/**
 * Rotates the token in the store. If no listed secret opens the mark in the token, the store looks
 * its session up.
 */
async function rotate(
  { tokens: { families, ttl }, tokenStore, sessions }: GrantOptions,
  { token, clientId, fromCookie }: Sent,
  asked: Pick<PresentedRefreshToken, 'scopes' | 'resources' | 'asker'>,
) {
  const hash = hashToken(token)
  const marked = families.sessionOfToken(token)
  const sessionId = marked ?? (await sessions.findByRefreshToken(hash))?.id
  if (sessionId === undefined) {
    return { rotation: { outcome: 'refused', reason: 'unknown' } as const, successors: [] }
  }
  const successors = families.successorsOf(token, sessionId)
  const rotation = await tokenStore.rotate(
    { hash, clientId, fromCookie, sessionId: marked, ...asked },
    { hashes: successors.map(hashToken), ttlSeconds: ttl.refreshTokenTtlSeconds },
  )
  return { rotation, successors }
}

function logRotation(request: FastifyRequest, { clientId }: Sent, rotation: Rotation): void {
  const about = { ...placeOf(request), client: clientId }
  if (rotation.outcome === 'repeated') {
    const { id, userId } = rotation.session
    request.log.warn(
      { event: 'refresh_token.repeated', ...about, user: userId, session: id },
      'a refresh token came again late and got its successor once more',
    )
  } else if (rotation.outcome === 'reused') {
    const { sessionId, userId, reason } = rotation
    request.log.warn(
      { event: 'refresh_token.reused', ...about, user: userId, session: sessionId, reason },
      'a refresh token was used again: its session is ended',
    )
  }
}

const narrow = (granted: string, asked: readonly string[]) =>
  granted
    .split(' ')
    .filter((scope) => asked.includes(scope))
    .join(' ')
