import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { AuthorizationRequest } from '../core/client.ts'
import { LatchkeyError } from '../core/errors.ts'
import { documented, NoBody } from '../http/documented.ts'
import { publicDocument } from '../http/headers.ts'
import { Problem } from '../http/problems.ts'
import { readParameters } from '../http/query.ts'
import { type ShownProvider, sendSignInPage } from './sign-in.ts'

/** One enabled provider, for apps that draw their own buttons. */
const ListedProvider = z
  .object({ id: z.string(), name: z.string(), login_url: z.url() })
  .meta({ id: 'Provider' })

const SignInRequest = AuthorizationRequest.extend({ provider: z.string().max(16_384).optional() })

/** `GET /login`, the list of providers, and the answer to providers that are not enabled. */
export function pageRoutes(
  app: FastifyInstance,
  options: {
    publicUrl: string
    providers: readonly ShownProvider[]
    /** Starts the login of a provider, undefined where it is not enabled. */
    startLogin: (
      provider: string,
    ) => ((request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>) | undefined
    /** The shape of the callback's answer, for the documentation. */
    loginAnswer: z.ZodType
  },
): void {
  const { publicUrl, providers, startLogin } = options
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
        summary: 'The enabled providers',
        tags: ['sign-in'],
        response: { 200: z.array(ListedProvider) },
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
        summary: 'The sign-in page',
        description:
          'One link per enabled provider. With `provider` in the query it behaves as `/login/{provider}`.',
        tags: ['sign-in'],
        querystring: SignInRequest,
        produces: ['text/html'],
        response: { 200: z.string(), 400: Problem, 404: Problem },
      }),
    },
    (request, reply) => {
      const asked = readParameters(SignInRequest, request.query)
      if (asked.provider !== undefined) {
        const start = startLogin(asked.provider) ?? unknownProvider()
        return start(request, reply)
      }
      const kept = Object.entries(asked).filter((entry) => entry[1] !== undefined)
      return sendSignInPage(
        providers,
        new URLSearchParams(kept as [string, string][]),
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
        summary: 'Start a login',
        description:
          'Send the browser here. Redirects to the provider and keeps the login in a sealed cookie of this browser for ten minutes.',
        tags: ['sign-in'],
        params: z.object({ provider: z.string() }),
        querystring: AuthorizationRequest,
        response: { 302: NoBody, 400: Problem, 404: Problem, 502: Problem, 504: Problem },
      }),
    },
    unknownProvider,
  )
  app.get(
    '/login/:provider/callback',
    {
      exposeHeadRoute: false,
      ...documented({
        summary: 'Finish a login',
        description:
          'The provider sends the browser back here. Answers with the tokens and the user.',
        tags: ['sign-in'],
        params: z.object({ provider: z.string() }),
        querystring: z.object({
          code: z.string().optional(),
          state: z.string(),
          iss: z.string().optional(),
          error: z.string().optional(),
        }),
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
}
