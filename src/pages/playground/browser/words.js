/**
 * Whom the emulator can play, by `login_hint`.
 * @type {[string, string][]}
 */
export const PEOPLE = [
  ['minji', 'Minji: verified e-mail'],
  ['alex', 'Alex: verified e-mail, the same everywhere'],
  ['sora', 'Sora: no e-mail'],
  ['yuki', 'Yuki: unverified e-mail'],
]

/**
 * What can go wrong on purpose.
 * @type {[string, string][]}
 */
export const FAILURES = [
  ['!denied', 'The person declines'],
  ['!used-code', 'The code was used before'],
  ['!server-error', 'The provider is down'],
  ['!slow', 'The provider is too slow (10 s)'],
  ['!html', 'The provider answers with a web page'],
  ['!forged-id-token', 'A forged ID token (OpenID providers)'],
]

/**
 * What is about to happen, step by step.
 * @type {Record<import('./client.js').Mode, string[]>}
 */
export const COURSES = {
  redirect: [
    'The page keeps a state and a code_verifier, and goes to Latchkey, which goes on to the provider.',
    'The person signs in there. Latchkey checks the answer, and sends the browser back here with a code.',
    'The page checks state and iss, and swaps the code for tokens: POST /token.',
    'GET /me says who it is.',
  ],
  popup: [
    'The page keeps a state and a code_verifier, and opens a window at Latchkey.',
    'The person signs in there. The window hands the code to this page and closes itself.',
    'The page checks origin, state and iss, and swaps the code for tokens: POST /token.',
    'GET /me says who it is.',
  ],
  cookie: [
    'The page keeps a state, and goes to Latchkey, which goes on to the provider.',
    'The person signs in there. Latchkey sets HttpOnly cookies and sends the browser back here.',
    'There is no code to swap, and no token that a script could lose.',
    'GET /me says who it is, by the cookie.',
  ],
}

/** @type {Record<string, string>} */
const PROBLEMS = {
  access_denied:
    'The person said no, or the provider did. Nobody was signed in, nothing was stored.',
  server_error: 'The provider could not sign you in. Nobody was signed in, nothing was stored.',
  temporarily_unavailable:
    'The provider or the database did not answer in time. Try again in a moment.',
  invalid_request: 'The request was malformed.',
  invalid_grant: 'The code or refresh token is used, expired or revoked. Sign in again.',
  invalid_token: 'The session is over, or the access token has expired.',
  invalid_response: 'The answer had neither a code nor an error.',
  state:
    'This answer was refused: its state is not the one of a login that this tab started. That is how a client keeps out a code that somebody else slipped in.',
  iss: 'This answer was refused: it does not name this Latchkey as its issuer (RFC 9207).',
  id_token: 'The ID token was refused: it is not for this page’s request.',
  popup_blocked: 'The browser blocked the popup. Allow popups for this page, or choose Redirect.',
  popup_closed: 'The popup was closed before an answer came.',
  unreachable: 'Latchkey did not answer. Is it still running?',
  csrf: 'The request was refused, because it could have been forged by another page.',
  rate_limited: 'That was too often. Wait a moment.',
  not_found: 'It is not there any more.',
}

/**
 * What went wrong, in plain words.
 * @param {unknown} error
 * @returns {{ words: string, code: string, detail: string }}
 */
export function explain(error) {
  const { code = 'unexpected', message = '' } = /** @type {{ code?: string, message?: string }} */ (
    error
  )
  const words = PROBLEMS[code] ?? 'Something unexpected happened.'
  return { words, code, detail: message }
}
