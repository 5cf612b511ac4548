import { said } from '../../core/messages.ts'
import { type Example, refused } from '../../http/routes/documented.ts'
import { exampleApp } from '../../http/routes/examples.ts'

type Examples = Readonly<Record<string, Example>>

const hint = { id_token_hint: '$ID_TOKEN' }
const back = { post_logout_redirect_uri: exampleApp.post_logout_redirect_uri, state: 'af0ifjsldkj' }
const elsewhere = { post_logout_redirect_uri: 'https://elsewhere.example.com/' }
const location = `${exampleApp.post_logout_redirect_uri}?state=af0ifjsldkj`
const answer = { status: 'signed_out' }

/** `GET /logout`. */
export const logoutExamples: Examples = {
  with_hint: { summary: 'The session of an ID token', parameters: hint, status: 200, answer },
  and_back: {
    summary: 'And back to the app',
    parameters: { ...hint, ...back },
    status: 303,
    location,
  },
  elsewhere: refused('invalid_request', said.unregisteredWayBack, {
    summary: 'Back to where nobody registered',
    parameters: { ...hint, ...elsewhere },
  }),
  cross_site: refused('csrf', said.notSignedOut, {
    summary: 'Linked from another site, without a hint',
  }),
}

/** `POST /logout`. */
export const logoutFormExamples: Examples = {
  with_hint: { summary: 'The session of an ID token', body: hint, status: 200, answer },
  and_back: { summary: 'And back to the app', body: { ...hint, ...back }, status: 303, location },
  elsewhere: refused('invalid_request', said.unregisteredWayBack, {
    summary: 'Back to where nobody registered',
    body: { ...hint, ...elsewhere },
  }),
  forged: refused('csrf', said.cookieFromElsewhere, {
    summary: 'With the session cookie, from a page that is not registered',
    body: {},
  }),
}

/** `GET /logout/:provider`. */
export const providerLogoutExamples: Examples = {
  at_kakao: {
    summary: 'On to Kakao’s own logout',
    parameters: { provider: 'kakao', ...hint, ...back },
    status: 303,
    location:
      'https://kauth.kakao.com/oauth/logout?client_id=…&logout_redirect_uri=https%3A%2F%2Flogin.example.com%2Flogout%2Fkakao%2Fcallback&state=…',
  },
  at_github: {
    summary: 'A provider without a logout',
    parameters: { provider: 'github', ...hint },
    status: 200,
    answer,
  },
  elsewhere: refused('invalid_request', said.unregisteredWayBack, {
    summary: 'Back to where nobody registered',
    parameters: { provider: 'kakao', ...hint, ...elsewhere },
  }),
  cross_site: refused('csrf', said.notSignedOut, {
    summary: 'Linked from another site, without a hint',
    parameters: { provider: 'kakao' },
  }),
  unknown_provider: refused('unknown_provider', said.unknownProvider, {
    summary: 'A provider that is not enabled',
    parameters: { provider: 'nobody' },
  }),
}

/** `GET /logout/:provider/callback`. */
export const logoutCallbackExamples: Examples = {
  fetched_ahead: refused('temporarily_unavailable', said.notAhead, {
    summary: 'Fetched ahead of the person, with `Sec-Purpose: prefetch`',
    parameters: { provider: 'kakao', state: '$LOGOUT_STATE' },
  }),
  without_state: {
    summary: 'Nowhere to go on to',
    parameters: { provider: 'kakao' },
    status: 200,
    answer,
  },
  and_back: {
    summary: 'Back to the app',
    parameters: { provider: 'kakao', state: '$LOGOUT_STATE' },
    status: 303,
    location,
  },
  long_state: refused(
    'invalid_request',
    'The parameter "state" may have at most 8192 characters.',
    {
      summary: 'A state in brackets, or too long',
      parameters: { provider: 'kakao', state: '$LONG_TEXT' },
    },
  ),
}
