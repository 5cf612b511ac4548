import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  AuthorizationRequest,
  BUILT_IN_CLIENT,
  type Client,
  resolveClient,
} from '../core/client.ts'
import { lastProviderCookie } from '../core/last-provider.ts'
import { documented, NoBody } from '../http/documented.ts'
import { publicDocument } from '../http/headers.ts'
import { Problem } from '../http/problems.ts'
import { readParameters } from '../http/query.ts'
import { signInExamples } from './examples.ts'
import { unknownProvider } from './other-logins.ts'
import { createSignInPage, type ShownProvider } from './sign-in.ts'

/** One enabled provider, for apps that draw their own buttons. */
const ListedProvider = z
  .object({ id: z.string(), name: z.string(), login_url: z.url() })
  .meta({ id: 'Provider' })

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
    /** Starts the login of a provider, undefined where it is not enabled. */
    startLogin: (
      provider: string,
    ) => ((request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>) | undefined
  },
): void {
  const { publicUrl, providers, clients, startLogin } = options
  const sendSignInPage = createSignInPage(providers)
  const lastProvider = lastProviderCookie(publicUrl.startsWith('https:'))
  const listed = providers.map(({ id, name }) => ({
    id,
    name,
    login_url: `${publicUrl}/login/${id}`,
  }))
  app.withTypeProvider<ZodTypeProvider>().get(
    '/providers',
    {
      schema: {
        operationId: 'listProviders',
        summary: 'The enabled providers',
        description: 'For apps that draw their own buttons.',
        tags: ['sign-in'],
        security: [],
        response: { 200: z.array(ListedProvider) },
        answers: { 200: 'The providers, in the order in which the sign-in page shows them.' },
        examples: {
          providers: { summary: 'The first of them', status: 200, answer: listed.slice(0, 1) },
        },
      },
    },
    async (_request, reply) => {
      reply.headers(publicDocument(60))
      return listed
    },
  )

  app.get(
    '/login',
    {
      exposeHeadRoute: false,
      ...documented({
        operationId: 'showSignIn',
        summary: 'The sign-in page',
        description:
          'One button per enabled provider. With `provider` in the query it behaves as `/login/{provider}`.',
        tags: ['sign-in'],
        security: [],
        querystring: SignInRequest,
        produces: ['text/html'],
        response: {
          ...{ 200: z.string(), 302: NoBody },
          ...{ 400: Problem, 404: Problem, 429: Problem, 502: Problem, 504: Problem },
        },
        answers: { 200: 'The page.' },
        examples: signInExamples,
      }),
    },
    (request, reply) => {
      const asked = readParameters(SignInRequest, request.query)
      if (asked.provider !== undefined) {
        const start = startLogin(asked.provider) ?? unknownProvider()
        return start(request, reply)
      }
      const kept = Object.entries(asked).filter((entry) => entry[1] !== undefined)
      const query = new URLSearchParams(kept as [string, string][])
      const resolved = resolveClient(clients, asked)
      const client = resolved.problem === undefined ? resolved.client : null
      return sendSignInPage(
        {
          query,
          client: client === null || client.id === BUILT_IN_CLIENT ? null : client.name,
          lastProvider: request.cookies[lastProvider],
          outside: placeOutside(publicUrl, query, client !== null),
        },
        request,
        reply,
      )
    },
  )
}

/**
 * Where an app's own browser is left to: this page; but the app that sent the person here, if its state
 * or PKCE verifier is kept in the browser that is left.
 */
function placeOutside(publicUrl: string, query: URLSearchParams, isRegistered: boolean): URL {
  const redirectUri = query.get('redirect_uri')
  const isBound = query.has('state') || query.has('code_challenge')
  if (isRegistered && isBound && redirectUri !== null && /^https?:/.test(redirectUri)) {
    return new URL('/', redirectUri)
  }
  return new URL(`${publicUrl}/login${query.size > 0 ? `?${query}` : ''}`)
}
