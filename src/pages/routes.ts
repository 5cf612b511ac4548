import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AuthorizationRequest } from '../core/authorization-request.ts'
import { BUILT_IN_CLIENT, type Client, findRegistered } from '../core/client.ts'
import { lastProviderCookie } from '../core/last-provider.ts'
import { NoBody } from '../http/documented.ts'
import { publicDocument } from '../http/headers.ts'
import { FLOW_COOKIE, signInExamples } from '../http/login-examples.ts'
import { Problem } from '../http/problems.ts'
import { route } from '../http/route.ts'
import { createSignInPage, type ShownProvider } from './sign-in.ts'

/** For how long apps may keep the list. */
const LIST_CACHE_SECONDS = 60

/** One enabled provider, for apps that draw their own buttons. */
const ListedProvider = z
  .object({
    id: z.string().meta({ description: 'As in `/login/{provider}`.' }),
    name: z.string().meta({ description: 'As people know it.' }),
    login_url: z
      .url()
      .meta({ description: 'Where a login starts; add the parameters of the app.' }),
  })
  .meta({ id: 'Provider', description: 'A provider that people can sign in with here.' })

const SignInRequest = AuthorizationRequest.extend({
  provider: z.string().max(16_384).optional().meta({ description: 'Goes on to it at once.' }),
})

/** `GET /login` and the list of providers. */
export function pageRoutes(
  app: FastifyInstance,
  options: {
    publicUrl: string
    providers: readonly ShownProvider[]
    clients: readonly Client[]
    /** Starts the login at a provider. Throws `unknown_provider`. */
    startLogin: (
      provider: string,
      request: FastifyRequest,
      reply: FastifyReply,
    ) => Promise<FastifyReply>
  },
): void {
  const { publicUrl, providers, clients, startLogin } = options
  const sendSignInPage = createSignInPage(providers, publicUrl)
  const lastProvider = lastProviderCookie(publicUrl)
  const listed = providers.map(({ id, name }) => ({
    id,
    name,
    login_url: `${publicUrl}/login/${id}`,
  }))
  route(app, 'GET', '/providers', {
    docs: {
      operationId: 'listProviders',
      summary: 'The enabled providers',
      description: 'For apps that draw their own buttons.',
      tags: ['sign-in'],
      security: [],
      cacheSeconds: LIST_CACHE_SECONDS,
      answers: { 200: 'The providers, in the order in which the sign-in page shows them.' },
      examples: {
        providers: { summary: 'The first of them', status: 200, answer: listed.slice(0, 1) },
      },
    },
    responses: { 200: z.array(ListedProvider) },
    handle: ({ reply }) => {
      reply.headers(publicDocument(LIST_CACHE_SECONDS))
      return listed
    },
  })

  route(app, 'GET', '/login', {
    docs: {
      operationId: 'showSignIn',
      summary: 'The sign-in page',
      description:
        'One button per enabled provider. With `provider` in the query it behaves as `/login/{provider}`.',
      tags: ['sign-in'],
      security: [],
      produces: ['text/html'],
      answers: { 200: 'The page.' },
      cookies: { 302: FLOW_COOKIE },
      examples: signInExamples,
    },
    query: SignInRequest,
    responses: {
      ...{ 200: z.string(), 302: NoBody },
      ...{ 400: Problem, 404: Problem, 429: Problem, 502: Problem, 504: Problem },
    },
    head: false,
    handle: ({ query: asked, request, reply }) => {
      if (asked.provider !== undefined) return startLogin(asked.provider, request, reply)
      const kept = Object.entries(asked).filter((entry) => entry[1] !== undefined)
      const query = new URLSearchParams(kept as [string, string][])
      const of = findRegistered(clients, asked)
      return sendSignInPage(
        {
          query,
          client: of === null || of.client.id === BUILT_IN_CLIENT ? null : of.client.name,
          lastProvider: request.cookies[lastProvider],
          startOver: of === null ? null : startOverAt(of.redirectUri, asked),
        },
        request,
        reply,
      )
    },
  })
}

/**
 * The front page of the app that sent the person here, if its state or PKCE verifier is kept in this
 * browser: a login that goes on in another one has to begin there.
 */
function startOverAt(redirectUri: string | null, asked: AuthorizationRequest): URL | null {
  const isBound = asked.state !== undefined || asked.code_challenge !== undefined
  if (!isBound || redirectUri === null || !/^https?:/.test(redirectUri)) return null
  return new URL('/', redirectUri)
}
