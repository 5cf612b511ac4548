import { badge, el, facts, when } from './dom.js'
import { decode, MEANINGS } from './jwt.js'
import { snippetView } from './snippet-view.js'
import { codeSnippet, refreshSnippet } from './snippets.js'

/** @import { SignedIn, Tokens } from './client.js' */
/** @import { Jwt } from './jwt.js' */
/** @typedef {{ access: boolean | null, id: boolean | null }} Verified whether the signatures are good; null: not looked at yet */

const TIMES = ['iat', 'exp', 'auth_time', 'updated_at']

/**
 * @param {Record<string, unknown>} values
 * @returns {HTMLElement}
 */
const explained = (values) =>
  facts(
    Object.entries(values).map(([name, value]) => [
      name,
      el('code', {}, typeof value === 'string' ? value : JSON.stringify(value)),
      el(
        'small',
        {},
        MEANINGS[name] ?? '',
        ...(TIMES.includes(name) ? [': ', when(new Date(Number(value) * 1000).toISOString())] : []),
      ),
    ]),
  )

/** @param {boolean | null} isGood */
function signature(isGood) {
  if (isGood === null) return badge('checking the signature')
  return isGood
    ? badge('signature verified by jwks.json', 'good')
    : badge('signature not verified', 'warn')
}

/** @param {Jwt} jwt */
function lifetime({ claims }) {
  const total = Number(claims.exp) - Number(claims.iat)
  const text = el('span', { id: 'countdown' })
  const bar = el('progress', { max: total, 'aria-label': 'Time left of the access token' })
  const tick = () => {
    const left = Math.max(0, Math.round(Number(claims.exp) - Date.now() / 1000))
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
    text.textContent = left === 0 ? 'has expired: refresh' : `expires in ${clock}`
    bar.value = left
  }
  tick()
  const timer = setInterval(() => {
    if (!bar.isConnected) return clearInterval(timer)
    tick()
  }, 1000)
  return el('div', { class: 'soft' }, text, bar)
}

/**
 * The third card: what was issued.
 * @param {{ signedIn: SignedIn, answer: Partial<Tokens> | null, verified: Verified, busy: boolean, refresh: () => void }} options
 *   `answer`: the last one of the token endpoint
 */
export function tokensView({ signedIn, answer, verified, busy, refresh }) {
  const { tokens } = signedIn
  const jwt = tokens === null ? null : decode(tokens.access_token)
  const idToken = tokens?.id_token === undefined ? null : decode(tokens.id_token)
  const response = tokens ?? answer
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'tokens-title' },
    el(
      'div',
      {},
      el('h2', { id: 'tokens-title' }, tokens === null ? 'Cookies' : 'Access token'),
      jwt === null &&
        el(
          'p',
          {},
          'The tokens are in HttpOnly cookies: the browser sends them, no script can read them, so there is nothing to decode here. A page on another site cannot use them.',
        ),
      jwt && el('p', {}, signature(verified.access)),
      jwt && lifetime(jwt),
      el(
        'div',
        { class: 'row' },
        el(
          'button',
          { id: 'refresh', type: 'button', disabled: busy, onclick: refresh },
          'Refresh',
        ),
      ),
      jwt && explained(jwt.claims),
      jwt && el('details', {}, el('summary', {}, 'Header'), explained(jwt.header)),
      idToken &&
        el(
          'details',
          { id: 'id-token' },
          el('summary', {}, 'ID token ', signature(verified.id)),
          el(
            'p',
            { class: 'soft' },
            'For this page only: it says who signed in. Never send it to an API.',
          ),
          explained(idToken.claims),
          explained(idToken.header),
        ),
    ),
    el(
      'div',
      { class: 'side' },
      snippetView(codeSnippet(signedIn)),
      response &&
        snippetView({
          title: 'Token response',
          path: '',
          variants: [{ label: 'JSON', text: JSON.stringify(response, null, 2) }],
          secrets: [response.access_token, response.refresh_token, response.id_token].map(
            (one) => one ?? '',
          ),
        }),
      snippetView(refreshSnippet(signedIn)),
    ),
  )
}
