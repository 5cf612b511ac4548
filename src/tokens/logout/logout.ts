import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { SessionRef } from '../../core/identity/session-ref.ts'
import { unknownProvider } from '../../core/provider/unknown-provider.ts'
import type { Sealer } from '../../core/secrets.ts'
import { logoutCallback } from '../../core/settings/public-url.ts'
import { isBrowserNavigation, logProblem, Problem } from '../../http/errors/problems.ts'
import { varyingBy } from '../../http/headers.ts'
import { refusePrefetch } from '../../http/requests/prefetch.ts'
import { NoBody } from '../../http/routes/documented.ts'
import { acceptForms, FORM } from '../../http/routes/forms.ts'
import { route } from '../../http/routes/route.ts'
import type { SendPage } from '../../http/send-page.ts'
import type { Providers } from '../../upstream/directory.ts'
import {
  logoutCallbackExamples,
  logoutExamples,
  logoutFormExamples,
  providerLogoutExamples,
} from './logout-examples.ts'
import { LogoutRequest, type SignOutOptions, signOut } from './sign-out.ts'

const SignedOut = z
  .object({ status: z.literal('signed_out').meta({ description: 'Always `signed_out`.' }) })
  .meta({ id: 'SignedOut', description: 'Nobody is signed in here any more.' })

const OfProvider = z.object({
  provider: z.string().meta({ description: 'Id of an enabled provider.' }),
})

/** The longest `state` that carries the way back through a provider, in characters. */
const MOST_STATE = 8192

const LogoutCallback = z.object({
  state: z.string().max(MOST_STATE).optional().meta({ description: 'Made by Latchkey.' }),
})

const CLEARED = 'The session’s cookies are cleared, where there are any.'

/** The description that these routes share. */
const shared = {
  tags: ['sign-in'],
  security: [{}, { sessionCookie: [] }],
  answers: {
    200: 'Signed out, and nowhere to go on to; a page for a browser.',
    403: 'This may not sign out.',
  },
  cookies: { 200: CLEARED, 303: CLEARED },
}

/** What the logout needs of other rooms. */
export interface LogoutOptions extends SignOutOptions {
  publicUrl: string
  /** Seals the way back that goes through a provider's own logout. */
  sealer: Sealer
  providers: Providers
  /** The provider's ID token that is kept for this session; null where none is. */
  idTokenOf: (session: SessionRef, provider: string) => Promise<string | null>
  /** Sends the page that says that the person is signed out. */
  sendSignedOutPage: SendPage<{ clientId: string | undefined; uiLocales: string | undefined }>
}

/** `/logout`, and `/logout/:provider` for the provider's own logout, too. */
export function logoutRoutes(room: FastifyInstance, options: LogoutOptions): void {
  acceptForms(room)
  const refusals = { 400: Problem, 403: Problem, 503: Problem }
  const answers = { 200: SignedOut, 303: NoBody }
  const goBack = (
    { request, reply }: { request: FastifyRequest; reply: FastifyReply },
    back: string | null,
    { client_id: clientId, ui_locales: uiLocales }: LogoutRequest = {},
  ): FastifyReply => {
    if (back !== null) return reply.redirect(back, 303)
    reply.header('vary', varyingBy(reply, 'Accept'))
    if (isBrowserNavigation(request)) {
      return options.sendSignedOutPage({ clientId, uiLocales }, request, reply)
    }
    return reply.send({ status: 'signed_out' })
  }
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
    handle: async (call) =>
      goBack(call, (await signOut(options, call, call.query)).back, call.query),
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
    handle: async (call) => goBack(call, (await signOut(options, call, call.body)).back, call.body),
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
      let idToken: string | null = null
      const keepsTokens = provider.tokens.storeTokens === 'on'
      const { back, isHere } = await signOut(options, call, query, async (session) => {
        if (keepsTokens) idToken ??= await options.idTokenOf(session, id)
      })
      // Another browser was signed in to that session: the person here stays signed in at the
      // provider.
      if (!isHere) return goBack(call, back, query)
      const state = options.sealer.seal(JSON.stringify(back), `logout ${id}`)
      // Longer addresses are refused, by us on the way back, too.
      if (state.length > MOST_STATE) return goBack(call, back, query)
      const redirectUri = logoutCallback(options.publicUrl, id)
      // The person is signed out here already, even if the provider cannot be reached.
      const away = await provider.logout({ redirectUri, state, idToken }).catch((error) => {
        logProblem(error, request)
        return null
      })
      return away === null ? goBack(call, back, query) : reply.redirect(away, 303)
    },
  })

  route(room, 'GET', '/logout/:provider/callback', {
    docs: {
      ...shared,
      operationId: 'finishLogout',
      withoutDatabase: true,
      summary: 'The way back from the provider’s own logout',
      description: 'The provider sends the browser here; it changes nothing.',
      examples: logoutCallbackExamples,
    },
    params: OfProvider,
    query: LogoutCallback,
    responses: { ...answers, 400: Problem, 503: Problem },
    head: false,
    handle: (call) => {
      const { request, params, query } = call
      refusePrefetch(request)
      const text = options.sealer.open(query.state ?? '', `logout ${params.provider}`)
      // Without a state of ours we do not know where to go back to, and that is harmless.
      return goBack(call, text === null ? null : (JSON.parse(text) as string | null))
    },
  })
}
