import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import {
  AuthorizationRequest,
  BUILT_IN_CLIENT,
  type Client,
  resolveClient,
} from '../core/client.ts'
import { LatchkeyError } from '../core/errors.ts'
import { lastProviderCookie } from '../core/last-provider.ts'
import { documented, NoBody } from '../http/documented.ts'
import { publicDocument } from '../http/headers.ts'
import { Problem } from '../http/problems.ts'
import { readParameters } from '../http/query.ts'
import {
  callbackExamples,
  formCallbackExamples,
  signInExamples,
  startExamples,
} from './examples.ts'
import { createSignInPage, type ShownProvider } from './sign-in.ts'

/** One enabled provider, for apps that draw their own buttons. */
const ListedProvider = z
  .object({ id: z.string(), name: z.string(), login_url: z.url() })
  .meta({ id: 'Provider' })

const SignInRequest = AuthorizationRequest.extend({
  provider: z.string().max(16_384).optional().meta({ description: 'Goes on to it at once.' }),
})

/** What a provider sends back, for the documentation. */
const CallbackRequest = z.object({
  code: z.string().optional().meta({ description: 'Once, as the provider made it.' }),
  state: z.string().meta({ description: 'As Latchkey sent it to the provider.' }),
  iss: z.string().optional().meta({ description: 'The issuer (RFC 9207).' }),
  error: z.string().optional().meta({ description: 'Where the provider refuses.' }),
})

const ofProvider = {
  params: z.object({ provider: z.string().meta({ description: 'Id of an enabled provider.' }) }),
}

/** `GET /login`, the list of providers, and the answer to providers that are not enabled. */
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
    /** The shape of the callback's answer, for the documentation. */
    loginAnswer: z.ZodType
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
  const unknownProvider = () => {
    throw new LatchkeyError('unknown_provider', 'No provider of this name is enabled.')
  }

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
          ...{ 400: Problem, 404: Problem, 502: Problem, 504: Problem },
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
  // The routes of the enabled providers stand beside these two and win over them.
  app.get(
    '/login/:provider',
    {
      exposeHeadRoute: false,
      ...documented({
        operationId: 'startLogin',
        summary: 'Start a login',
        description:
          'Send the browser here. Redirects to the provider and keeps the login in a sealed cookie of this browser for ten minutes.',
        tags: ['sign-in'],
        security: [],
        ...ofProvider,
        querystring: AuthorizationRequest,
        response: { 302: NoBody, 400: Problem, 404: Problem, 502: Problem, 504: Problem },
        examples: startExamples,
      }),
    },
    unknownProvider,
  )
  app.get(
    '/login/:provider/callback',
    {
      exposeHeadRoute: false,
      ...documented({
        operationId: 'finishLogin',
        summary: 'Finish a login',
        description:
          'The provider sends the browser back here. A login for an app goes on to its redirect URI, also where it fails; any other answers with the tokens and the user.',
        tags: ['sign-in'],
        security: [],
        ...ofProvider,
        querystring: CallbackRequest,
        examples: callbackExamples,
        answers: {
          200: 'The tokens and the user.',
          303: 'To the app, with a code or an error.',
          403: 'The person or the provider said no.',
        },
        response: {
          200: options.loginAnswer,
          303: NoBody,
          400: Problem,
          403: Problem,
          404: Problem,
          502: Problem,
          503: Problem,
          504: Problem,
        },
      }),
    },
    unknownProvider,
  )
  app.post(
    '/login/:provider/callback',
    {
      ...documented({
        operationId: 'finishLoginByForm',
        summary: 'Finish a login by a form',
        description:
          'For providers that send the browser back by a form (Apple): goes on as a GET, which brings the cookies.',
        tags: ['sign-in'],
        security: [],
        ...ofProvider,
        consumes: ['application/x-www-form-urlencoded'],
        body: CallbackRequest.extend({
          user: z.string().optional().meta({ description: 'The name, at the first login only.' }),
        }),
        response: { 303: NoBody, 400: Problem, 404: Problem },
        answers: { 303: 'The same address, as a GET.' },
        examples: formCallbackExamples,
      }),
      // Before the body is looked at: there is no such provider.
      onRequest: unknownProvider,
    },
    unknownProvider,
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
