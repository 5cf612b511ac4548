import { said } from '../core/messages.ts'
import { type Example, refused } from '../http/routes/documented.ts'
import { exampleAccount, exampleApp, exampleTokens } from '../http/routes/examples.ts'

type Examples = Readonly<Record<string, Example>>

const { client_id, redirect_uri, code_challenge } = exampleApp
const request = {
  client_id,
  redirect_uri,
  response_type: 'code',
  state: 'af0ifjsldkj',
  scope: 'openid profile email',
}
const proof = { code_challenge, code_challenge_method: 'S256' }

/**
 * Examples of starting a login; `/login` shows them too, with the provider as a query parameter.
 */
const started: Examples = {
  direct: {
    summary: 'Without a client: the callback answers with the tokens',
    parameters: { provider: 'kakao', login_hint: 'minji' },
    status: 302,
    location:
      'https://kauth.kakao.com/oauth/authorize?response_type=code&client_id=…&redirect_uri=https%3A%2F%2Flogin.example.com%2Flogin%2Fkakao%2Fcallback&state=…&code_challenge=…&code_challenge_method=S256',
  },
  for_app: {
    summary: 'For an app, which then gets a code',
    parameters: { provider: 'google', ...request, ...proof },
    status: 302,
    location:
      'https://accounts.google.com/o/oauth2/v2/auth?response_type=code&client_id=…&redirect_uri=https%3A%2F%2Flogin.example.com%2Flogin%2Fgoogle%2Fcallback&scope=…&state=…&nonce=…&code_challenge=…&code_challenge_method=S256',
  },
  to_link: {
    summary: 'To link an account to the user who is signed in to the app',
    parameters: { provider: 'google', ...request, ...proof, intent: 'link' },
    status: 302,
    location:
      'https://accounts.google.com/o/oauth2/v2/auth?response_type=code&client_id=…&redirect_uri=https%3A%2F%2Flogin.example.com%2Flogin%2Fgoogle%2Fcallback&scope=…&state=…&nonce=…&code_challenge=…&code_challenge_method=S256',
  },
  link_without_app: refused('invalid_request', 'intent=link needs a redirect_uri.', {
    summary: 'To link, without an app',
    parameters: { provider: 'google', intent: 'link' },
  }),
  without_pkce: {
    summary: 'A public client without PKCE is told so at its redirect URI',
    parameters: { provider: 'google', ...request },
    status: 303,
    location: `${redirect_uri}?error=invalid_request&error_description=A%20public%20client%20must%20send%20a%20code_challenge%20(PKCE%2C%20S256).&state=af0ifjsldkj&iss=https%3A%2F%2Flogin.example.com`,
  },
  unknown_provider: refused('unknown_provider', said.unknownProvider, {
    summary: 'A provider that is not enabled',
    parameters: { provider: 'nobody' },
  }),
  provider_away: refused('provider_error', said.providerAway, {
    summary: 'An OpenID provider (acme) that cannot be reached',
    parameters: { provider: 'acme' },
  }),
  provider_silent: refused('provider_timeout', said.providerSilent, {
    summary: 'An OpenID provider (sleepy) that does not answer',
    parameters: { provider: 'sleepy' },
  }),
}

/** A prefetched request, which begins nothing. */
const aheadOf = (sent: Pick<Example, 'parameters' | 'body'>): Examples => ({
  fetched_ahead: refused('temporarily_unavailable', said.notAhead, {
    summary: 'Fetched ahead of the person, with `Sec-Purpose: prefetch`',
    ...sent,
  }),
})

/** `GET /login/:provider`. */
export const startExamples: Examples = {
  ...started,
  ...aheadOf({ parameters: { provider: 'google' } }),
  cross_site: {
    summary: 'In cookie mode from another site: the person clicks here first',
    parameters: { provider: 'google', client_id, redirect_uri, response_mode: 'cookie' },
    status: 200,
    answer: '<!doctype html>…',
  },
}

/** `GET /login`. */
export const signInExamples: Examples = {
  page: {
    summary: 'The page of an app',
    parameters: { ...request, ...proof },
    status: 200,
    answer: '<!doctype html>…',
  },
  ...started,
  ...aheadOf({}),
}

/** `POST /login`. */
export const signInFormExamples: Examples = {
  ...Object.fromEntries(
    Object.entries(started).map(([name, { parameters = {}, ...example }]) => [
      name,
      { ...example, body: parameters },
    ]),
  ),
  ...aheadOf({ body: { provider: 'google' } }),
  page: {
    summary: 'The page of an app',
    body: { ...request, ...proof },
    status: 200,
    answer: '<!doctype html>…',
  },
}

/** `GET /login/:provider/callback`. */
export const callbackExamples: Examples = {
  direct: {
    summary: 'A login without a client',
    parameters: { provider: 'kakao', code: '$PROVIDER_CODE', state: '$STATE' },
    status: 200,
    answer: { ...exampleTokens, user: exampleAccount },
  },
  for_app: {
    summary: 'A login for an app',
    parameters: { provider: 'kakao', code: '$PROVIDER_CODE', state: '$APP_STATE' },
    status: 303,
    location: `${redirect_uri}?code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj&iss=https%3A%2F%2Flogin.example.com`,
  },
  stale: refused('invalid_state', said.flowOver, {
    summary: 'A login that is over, or of another browser',
    parameters: { provider: 'kakao', code: 'SplxlOBeZQQYbYS6WxSbIA', state: 'af0ifjsldkj' },
  }),
  used_code: refused('invalid_code', said.providerRefusedCode, {
    summary: 'A code that the provider refuses',
    parameters: { provider: 'kakao', code: '$USED_CODE', state: '$STATE' },
  }),
  declined: refused('access_denied', said.signInDeclined, {
    summary: 'The person declined',
    parameters: { provider: 'kakao', error: 'access_denied', state: '$STATE' },
  }),
  unknown_provider: refused('unknown_provider', said.unknownProvider, {
    summary: 'A provider that is not enabled',
    parameters: { provider: 'nobody', code: 'SplxlOBeZQQYbYS6WxSbIA', state: 'af0ifjsldkj' },
  }),
  provider_fails: refused('provider_error', said.providerRefused, {
    summary: 'The provider fails',
    parameters: { provider: 'kakao', code: '$BROKEN_CODE', state: '$STATE' },
  }),
  provider_silent: refused('provider_timeout', said.providerSilent, {
    summary: 'The provider does not answer',
    parameters: { provider: 'kakao', code: '$SLOW_CODE', state: '$STATE' },
  }),
}

/** `POST /login/:provider/callback`. */
export const formCallbackExamples: Examples = {
  bounced: {
    summary: 'Apple sends the browser back by a form',
    parameters: { provider: 'apple' },
    body: { code: 'SplxlOBeZQQYbYS6WxSbIA', state: 'af0ifjsldkj' },
    status: 303,
    location: '/login/apple/callback?code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj',
  },
  long_code: refused('invalid_request', 'The parameter "code" may have at most 8192 characters.', {
    summary: 'A code that is too long',
    parameters: { provider: 'apple' },
    body: { code: '$LONG_TEXT', state: 'af0ifjsldkj' },
  }),
  not_by_form: refused('method_not_allowed', 'Only GET is allowed here.', {
    summary: 'A provider that does not use a form',
    parameters: { provider: 'kakao' },
    body: { code: 'SplxlOBeZQQYbYS6WxSbIA', state: 'af0ifjsldkj' },
  }),
  unknown_provider: refused('unknown_provider', said.unknownProvider, {
    summary: 'A provider that is not enabled',
    parameters: { provider: 'nobody' },
    body: { code: 'SplxlOBeZQQYbYS6WxSbIA', state: 'af0ifjsldkj' },
  }),
}

/** The cookie that the start of a login sets. */
export const FLOW_COOKIE =
  'The login under way, sealed, for ten minutes. In a browser also a mark that it keeps cookies.'
