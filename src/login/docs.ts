import { z } from 'zod'
import { AuthorizationRequest } from '../core/client/authorization-request.ts'
import { UserInfo } from '../core/identity/account.ts'
import { TokenResponse } from '../core/tokens/token-response.ts'
import { Problem } from '../http/errors/problems.ts'
import { NoBody } from '../http/routes/documented.ts'
import { FORM } from '../http/routes/forms.ts'
import type { RouteShape } from '../http/routes/route.ts'
import {
  callbackExamples,
  FLOW_COOKIE,
  formCallbackExamples,
  signInExamples,
  signInFormExamples,
  startExamples,
} from './login-examples.ts'

/** What a provider sends to the callback, as `/openapi.json` shows it. */
const CallbackRequest = z.object({
  code: z.string().optional().meta({ description: 'The provider’s code; it works once.' }),
  state: z.string().meta({ description: 'As Latchkey sent it to the provider.' }),
  iss: z.string().optional().meta({ description: 'The issuer (RFC 9207).' }),
  error: z.string().optional().meta({ description: 'Present where the provider refused.' }),
})

const LoginAnswer = TokenResponse.extend({ user: UserInfo }).meta({
  id: 'LoginAnswer',
  description: 'The token response, and whom it is for.',
})

const OVER = 'Clears the login, which is over; keeps the provider that this browser used last.'

const shared = { tags: ['sign-in'], security: [] }

/** The provider that the path names. */
const params = z.object({
  provider: z.string().meta({ description: 'Id of an enabled provider.' }),
})

const enterAnswers = {
  200: z.string(),
  302: NoBody,
  303: NoBody,
  400: Problem,
  404: Problem,
  429: Problem,
  502: Problem,
  503: Problem,
  504: Problem,
}
const enterNotes = {
  ...shared,
  withoutDatabase: true,
  produces: ['text/html'],
  answers: {
    200: 'The sign-in page: no provider is named, or the person has to click here first.',
    303: 'To the app: the request has a fault, in the words of RFC 6749, section 4.1.2.1.',
    400: 'The client or its redirect_uri is not registered.',
  },
  cookies: { 302: FLOW_COOKIE },
}

const EnterRequest = AuthorizationRequest.extend({
  provider: z.string().optional().meta({ description: 'Skips the page and goes to it at once.' }),
})

/** `GET /login`. */
export const enterAny = {
  docs: {
    ...enterNotes,
    operationId: 'showSignIn',
    summary: 'The sign-in page',
    description:
      'One button per enabled provider. With `provider` in the query it behaves as `/login/{provider}`. The authorization endpoint of the metadata.',
    examples: signInExamples,
  },
  query: EnterRequest,
  responses: enterAnswers,
} satisfies RouteShape

/** `POST /login`. */
export const enterByForm = {
  docs: {
    ...enterNotes,
    operationId: 'showSignInByForm',
    summary: 'The sign-in page, asked for by a form',
    description:
      'What `GET /login` answers, for parameters in a form (OpenID Connect Core, 3.1.2.1).',
    consumes: FORM,
    examples: signInFormExamples,
  },
  form: EnterRequest,
  responses: enterAnswers,
} satisfies RouteShape

/** `GET /login/:provider`. */
export const start = {
  docs: {
    ...enterNotes,
    operationId: 'startLogin',
    summary: 'Start a login',
    description:
      'Send the browser here. Redirects to the provider and keeps the login in a sealed cookie of this browser for ten minutes. A browser inside an app (KakaoTalk, Instagram) is led to `/login` instead where the provider refuses such browsers; in cookie mode a start from another site shows the sign-in page first.',
    examples: startExamples,
  },
  params,
  query: AuthorizationRequest,
  responses: enterAnswers,
} satisfies RouteShape

/** `GET /login/:provider/callback`. */
export const finish = {
  docs: {
    ...shared,
    operationId: 'finishLogin',
    summary: 'Finish a login',
    description:
      'The provider sends the browser back here. A login for an app goes on to its redirect URI, even if it fails; any other answers with the tokens and the user.',
    examples: callbackExamples,
    cookies: {
      200: OVER,
      400: OVER,
      403: OVER,
      502: OVER,
      503: OVER,
      504: OVER,
      303: `${OVER} In cookie mode the session.`,
    },
    answers: {
      200: 'The tokens and the user; with `response_mode=web_message` a page that posts its answer to the opener.',
      303: 'To the app, with a code or an error; the code of a flow with `intent=link` is for `POST /me/identities`.',
      403: 'The person or the provider said no. In a browser also the page for somebody who may not come in: its way back tells the app.',
    },
  },
  params,
  query: CallbackRequest,
  responses: {
    200: {
      content: {
        'application/json': { schema: LoginAnswer },
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
} satisfies RouteShape

/** `POST /login/:provider/callback`. */
export const finishByForm = {
  docs: {
    ...shared,
    operationId: 'finishLoginByForm',
    summary: 'Finish a login by a form',
    description:
      'For providers that send the browser back by a form (Apple): goes on as a GET, which brings the cookies.',
    consumes: FORM,
    answers: {
      303: 'Back to this address, as a GET.',
      405: 'The provider does not use a form.',
    },
    examples: formCallbackExamples,
  },
  params,
  form: CallbackRequest.extend({
    user: z.string().optional().meta({ description: 'The name, at the first login only.' }),
  }),
  responses: { 303: NoBody, 400: Problem, 404: Problem, 405: Problem, 429: Problem },
} satisfies RouteShape
