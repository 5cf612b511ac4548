import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type Client, findClient } from '../../core/client/client.ts'
import { matchesRedirectUri, withParameters } from '../../core/client/redirects.ts'
import { LatchkeyError } from '../../core/errors.ts'
import type { SessionRef } from '../../core/identity/session-ref.ts'
import { said } from '../../core/messages.ts'
import type { Sessions } from '../../core/tokens/sessions.ts'
import { askerOf } from '../../http/requests/asker.ts'
import { refusePrefetch } from '../../http/requests/prefetch.ts'
import type { SessionCookies } from '../cookies/session-cookies.ts'
import type { Tokens } from '../tokens.ts'

/** A logout request (OpenID Connect RP-Initiated Logout 1.0, section 2). */
export const LogoutRequest = z.object({
  id_token_hint: z
    .string()
    .max(8192)
    .optional()
    .meta({ description: 'An ID token of ours, also an expired one: ends its session.' }),
  client_id: z.string().max(128).optional().meta({ description: 'Needed where there is no hint.' }),
  post_logout_redirect_uri: z
    .string()
    .max(2048)
    .optional()
    .meta({ description: 'Where to go on: one of the client’s, exactly as registered.' }),
  state: z
    .string()
    .max(2048)
    .regex(/^[^\0]*$/)
    .optional()
    .meta({ description: 'Comes back with the redirect.' }),
  logout_hint: z.string().max(512).optional().meta({ description: 'Accepted, without effect.' }),
  ui_locales: z
    .string()
    .optional()
    .meta({ description: 'Languages of a page of ours, best first.' }),
})
export type LogoutRequest = z.infer<typeof LogoutRequest>

/** What signing out needs of other rooms. */
export interface SignOutOptions {
  clients: readonly Client[]
  sessions: Pick<Sessions, 'end'>
  tokens: Pick<Tokens, 'readIdTokenHint'>
  cookies: SessionCookies
}

/**
 * Ends the sessions that the `id_token_hint` and the cookies name. Gives the registered redirect
 * URI to go back to, and whether it was this browser that was signed in. `before` is called for
 * each session of this browser that is about to end.
 */
export async function signOut(
  options: SignOutOptions,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  asked: LogoutRequest,
  before: (session: SessionRef) => Promise<void> = async () => {},
): Promise<{ back: string | null; isHere: boolean }> {
  const { sessions, cookies } = options
  const hint =
    asked.id_token_hint === undefined ? null : options.tokens.readIdTokenHint(asked.id_token_hint)
  refusePrefetch(request)
  if (hint === null) refuseStranger(request, cookies)
  const back = readWayBack(options, asked, hint?.aud)
  // Includes the session of a disabled user, who could continue it once they are enabled again.
  const own = await cookies.findSession(request, { orResting: true })
  // Anybody can send people here with their own hint: it must not end the session of another user's
  // cookies.
  const isOwn = hint === null || own === null || own.userId === hint.sub
  const isHere = hint === null || (own === null ? cookies.marks.has(request, hint.sid) : isOwn)
  const hinted = hint && { userId: hint.sub, sessionId: hint.sid }
  const ended = [hinted, isOwn ? own : null].filter((session) => session !== null)
  for (const { userId, sessionId } of ended) {
    if (isHere) await before({ userId, sessionId })
    if (await sessions.end({ userId, sessionId, asker: askerOf(request) }, 'signed_out')) {
      request.log.info({ event: 'session_ended', user: userId, session: sessionId }, 'signed out')
    }
    cookies.marks.remove(request, reply, sessionId)
  }
  if (isOwn && cookies.isPresent(request)) cookies.clear(reply)
  return { back, isHere }
}

const notSignedOut = () => new LatchkeyError('csrf', said.notSignedOut)

/**
 * Without a hint, another site's page must not sign anybody out. A POST needs a registered origin.
 * A GET may come from a page of the same site, where the app is, and only by navigation.
 */
function refuseStranger(request: FastifyRequest, cookies: SessionCookies): void {
  if (request.method !== 'GET') {
    cookies.requireOwnOriginIfSignedIn(request)
    return
  }
  const { 'sec-fetch-site': site, 'sec-fetch-dest': destination } = request.headers
  const isElsewhere = site === 'cross-site' || (site === 'same-site' && destination !== 'document')
  if (isElsewhere) throw notSignedOut()
}

function readWayBack(
  { clients }: SignOutOptions,
  asked: LogoutRequest,
  audience: string | undefined,
): string | null {
  const { client_id: id, post_logout_redirect_uri: uri, state } = asked
  const refuse = (message: string) => new LatchkeyError('invalid_request', message)
  if (id !== undefined && audience !== undefined && id !== audience) {
    throw refuse('The client_id is not the one of the id_token_hint.')
  }
  const client = findClient(clients, id ?? audience ?? '')
  if ((id ?? audience) !== undefined && client === undefined) {
    throw refuse('No client with this client_id is registered.')
  }
  if (uri === undefined) return null
  const registering = client === undefined ? clients : [client]
  const isRegistered = registering.some((one) =>
    one.postLogoutRedirectUris.some((registered) => matchesRedirectUri(registered, uri)),
  )
  if (!isRegistered) throw refuse(said.unregisteredWayBack)
  return state === undefined ? uri : withParameters(uri, { state })
}
