import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type Client, findClient } from '../core/client.ts'
import { LatchkeyError } from '../core/errors.ts'
import { matchesRedirectUri } from '../core/redirects.ts'
import type { Sealer } from '../core/secrets.ts'
import type { Sessions } from '../core/stores.ts'
import { unknownProvider } from '../core/unknown-provider.ts'
import { NoBody } from '../http/documented.ts'
import { acceptForms, FORM } from '../http/forms.ts'
import { refusePrefetch } from '../http/prefetch.ts'
import { logProblem, Problem } from '../http/problems.ts'
import { route } from '../http/route.ts'
import type { Providers } from '../upstream/directory.ts'
import {
  logoutCallbackExamples,
  logoutExamples,
  logoutFormExamples,
  providerLogoutExamples,
} from './logout-examples.ts'
import type { SessionCookies } from './session-cookies.ts'
import type { Tokens } from './tokens.ts'

/** A logout request (OpenID Connect RP-Initiated Logout 1.0, section 2). */
const LogoutRequest = z.object({
  id_token_hint: z
    .string()
    .max(8192)
    .optional()
    .meta({ description: 'An ID token of ours, also an expired one: ends its session.' }),
  client_id: z.string().max(128).optional().meta({ description: 'Where there is no hint.' }),
  post_logout_redirect_uri: z
    .string()
    .max(2048)
    .optional()
    .meta({ description: 'Where to go on: one of the client, exactly as registered.' }),
  state: z.string().max(512).optional().meta({ description: 'Comes back with the redirect.' }),
  logout_hint: z
    .string()
    .max(512)
    .optional()
    .meta({ description: 'Understood, and of no effect.' }),
  ui_locales: z.string().max(64).optional().meta({ description: 'Understood, and of no effect.' }),
})
type LogoutRequest = z.infer<typeof LogoutRequest>

const SignedOut = z
  .object({ status: z.literal('signed_out').meta({ description: 'Always `signed_out`.' }) })
  .meta({ id: 'SignedOut', description: 'Nobody is signed in here any more.' })

const OfProvider = z.object({
  provider: z.string().meta({ description: 'Id of an enabled provider.' }),
})

const LogoutCallback = z.object({
  state: z.string().max(8192).optional().meta({ description: 'Made by Latchkey.' }),
})

const CLEARED = 'The session’s cookies are cleared, where there are any.'

/** What is said of each of these routes. */
const shared = {
  tags: ['sign-in'],
  security: [{}, { sessionCookie: [] }],
  answers: { 200: 'Signed out, and nowhere to go on to.', 403: 'This may not sign out.' },
  cookies: { 200: CLEARED, 303: CLEARED },
}

/** What a logout needs. */
export interface LogoutOptions {
  clients: readonly Client[]
  sessions: Sessions
  tokens: Pick<Tokens, 'readIdTokenHint'>
  cookies: SessionCookies
  publicUrl: string
  /** Carries the way back through a provider's own logout. */
  sealer: Sealer
  providers: Providers
}

/** `/logout` and, through a provider's own logout, `/logout/:provider`. */
export function logoutRoutes(room: FastifyInstance, options: LogoutOptions): void {
  acceptForms(room)
  const refusals = { 400: Problem, 403: Problem, 503: Problem }
  const answers = { 200: SignedOut, 303: NoBody }
  route(room, 'GET', '/logout', {
    docs: {
      ...shared,
      operationId: 'logout',
      summary: 'Sign out',
      description:
        'OpenID Connect RP-Initiated Logout: ends the session of the hint and that of the cookies.',
      examples: logoutExamples,
    },
    query: LogoutRequest,
    responses: { ...answers, ...refusals },
    head: false,
    handle: async (call) => goBack(call.reply, await endSession(options, call, call.query)),
  })
  route(room, 'POST', '/logout', {
    docs: {
      ...shared,
      operationId: 'logoutByForm',
      summary: 'Sign out by a form',
      description:
        'OpenID Connect RP-Initiated Logout by a form; with cookies it needs a registered `Origin`.',
      consumes: FORM,
      examples: logoutFormExamples,
    },
    form: LogoutRequest,
    responses: { ...answers, ...refusals },
    handle: async (call) => goBack(call.reply, await endSession(options, call, call.body)),
  })

  route(room, 'GET', '/logout/:provider', {
    docs: {
      ...shared,
      operationId: 'logoutAtProvider',
      summary: 'Sign out here and at the provider',
      description: 'As `/logout`, then on to the provider’s own logout where it has one.',
      examples: providerLogoutExamples,
    },
    params: OfProvider,
    query: LogoutRequest,
    responses: { ...answers, ...refusals, 404: Problem },
    head: false,
    handle: async (call) => {
      const { request, reply, query } = call
      const { provider: id } = call.params
      const provider = options.providers.get(id)
      if (provider === undefined) throw unknownProvider()
      const back = await endSession(options, call, query)
      const state = options.sealer.seal(JSON.stringify(back), `logout ${id}`)
      const redirectUri = `${options.publicUrl}/logout/${id}/callback`
      // Signed out here already: a provider that cannot be reached must not keep the person here.
      const away = await provider.logout({ redirectUri, state }).catch((error) => {
        logProblem(error, request)
        return null
      })
      return away === null ? goBack(reply, back) : reply.redirect(away.href, 303)
    },
  })

  route(room, 'GET', '/logout/:provider/callback', {
    docs: {
      ...shared,
      operationId: 'finishLogout',
      summary: 'The way back from the provider’s own logout',
      description: 'The provider sends the browser here; it changes nothing.',
      examples: logoutCallbackExamples,
    },
    params: OfProvider,
    query: LogoutCallback,
    responses: { ...answers, 400: Problem },
    head: false,
    handle: ({ params, query, reply }) => {
      const text = options.sealer.open(query.state ?? '', `logout ${params.provider}`)
      // Without a state of ours there is nowhere to go, and nothing to be afraid of.
      return goBack(reply, text === null ? null : (JSON.parse(text) as string | null))
    },
  })
}

/** Ends the sessions that the hint and the cookies stand for; gives the registered way back. */
async function endSession(
  options: LogoutOptions,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  asked: LogoutRequest,
): Promise<string | null> {
  const { sessions, cookies } = options
  const hint =
    asked.id_token_hint === undefined ? null : options.tokens.readIdTokenHint(asked.id_token_hint)
  refusePrefetch(request)
  if (hint === null) refuseStranger(request, cookies)
  const back = readWayBack(options, asked, hint?.aud)
  const own = await cookies.findSession(request)
  // Anybody may send people here with a hint of their own: it says nothing about another's cookies.
  const isOwn = hint === null || own === null || own.sub === hint.sub
  const ended = [hint, isOwn ? own : null].filter((session) => session !== null)
  for (const { sub, sid } of ended) {
    if (await sessions.end({ userId: sub, sessionId: sid })) {
      request.log.info({ event: 'session_ended', user: sub, session: sid }, 'signed out')
    }
  }
  if (isOwn && cookies.isPresent(request)) cookies.clear(reply)
  return back
}

const notSignedOut = () =>
  new LatchkeyError(
    'csrf',
    'This does not sign out: send an id_token_hint, or sign out on the page itself.',
  )

/**
 * Without a hint, a stranger's page must not sign anybody out: a POST needs a registered origin, a GET
 * may come from a page of the same site, where the app is, and then only as a navigation.
 */
function refuseStranger(request: FastifyRequest, cookies: SessionCookies): void {
  cookies.requireOwnOriginIfSignedIn(request)
  if (request.method !== 'GET') return
  const { 'sec-fetch-site': site, 'sec-fetch-dest': destination } = request.headers
  const isElsewhere = site === 'cross-site' || (site === 'same-site' && destination !== 'document')
  if (isElsewhere) throw notSignedOut()
}

function readWayBack(
  { clients }: LogoutOptions,
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
  if (!isRegistered) throw refuse('This post_logout_redirect_uri is not registered.')
  if (state === undefined) return uri
  return `${uri}${uri.includes('?') ? '&' : '?'}state=${encodeURIComponent(state)}`
}

function goBack(reply: FastifyReply, back: string | null): FastifyReply {
  if (back !== null) return reply.redirect(back, 303)
  return reply.send({ status: 'signed_out' })
}
