import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { AuthorizationRequest } from '../core/authorization-request.ts'
import { LatchkeyError } from '../core/errors.ts'
import { documented, NoBody } from '../http/documented.ts'
import { Problem } from '../http/problems.ts'
import { callbackExamples, formCallbackExamples, startExamples } from './examples.ts'

/** What a provider sends back, for the documentation. */
const CallbackRequest = z.object({
  code: z.string().optional().meta({ description: 'Once, as the provider made it.' }),
  state: z.string().meta({ description: 'As Latchkey sent it to the provider.' }),
  iss: z.string().optional().meta({ description: 'The issuer (RFC 9207).' }),
  error: z.string().optional().meta({ description: 'Where the provider refuses.' }),
})

/** What a start sets. */
export const FLOW_COOKIE = 'The login under way, sealed, for ten minutes.'
const OVER = 'Clears the login, which is over; keeps the provider that this browser used last.'

const ofProvider = {
  params: z.object({ provider: z.string().meta({ description: 'Id of an enabled provider.' }) }),
}

/** Answers for a provider that is not enabled. */
export function unknownProvider(): never {
  throw new LatchkeyError('unknown_provider', 'No provider of this name is enabled.')
}

/**
 * The documentation of every provider's routes, and the answer to providers that are not enabled: the
 * routes of the enabled ones stand beside these and win over them.
 */
export function otherLoginRoutes(
  app: FastifyInstance,
  /** The shape of the callback's answer. */
  loginAnswer: z.ZodType,
): void {
  app.get(
    '/login/:provider',
    {
      exposeHeadRoute: false,
      ...documented({
        operationId: 'startLogin',
        summary: 'Start a login',
        description:
          'Send the browser here. Redirects to the provider and keeps the login in a sealed cookie of this browser for ten minutes. A browser inside an app (KakaoTalk, Instagram) is led to `/login` instead where the provider refuses such browsers.',
        tags: ['sign-in'],
        security: [],
        ...ofProvider,
        querystring: AuthorizationRequest,
        response: {
          302: NoBody,
          400: Problem,
          404: Problem,
          429: Problem,
          502: Problem,
          504: Problem,
        },
        cookies: { 302: FLOW_COOKIE },
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
        cookies: {
          ...{ 200: OVER, 400: OVER, 403: OVER, 502: OVER, 504: OVER },
          303: `${OVER} In cookie mode the session.`,
        },
        answers: {
          200: 'The tokens and the user; with `response_mode=web_message` a page that posts its answer to the opener.',
          303: 'To the app, with a code or an error; the code of a flow with `intent=link` is for `POST /me/identities`.',
          403: 'The person or the provider said no.',
        },
        response: {
          200: {
            content: {
              'application/json': { schema: loginAnswer },
              'text/html': { schema: z.string() },
            },
          },
          303: NoBody,
          400: Problem,
          403: Problem,
          404: Problem,
          429: Problem,
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
        response: { 303: NoBody, 400: Problem, 404: Problem, 405: Problem, 429: Problem },
        answers: {
          303: 'The same address, as a GET.',
          405: 'The provider does not use a form.',
        },
        examples: formCallbackExamples,
      }),
      // Before the body is looked at: there is no such provider.
      onRequest: unknownProvider,
    },
    unknownProvider,
  )
}
