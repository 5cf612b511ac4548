import { badge, button, el, facts, when } from '../dom.js'
import { decode } from '../jwt.js'
import { codeSnippet, refreshSnippet } from '../snippets/snippets.js'
import { words } from '../words.js'
import { codeOf, snippetView } from './snippet-view.js'

/** @import { SignedIn, Tokens } from '../client.js' */
/** @import { Jwt } from '../jwt.js' */
/** @typedef {{ access: boolean, id: boolean }} Verified whether the signatures are good */

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
        /** @type {Record<string, string>} */ (words.tokens.meanings)[name] ?? '',
        ...(TIMES.includes(name) ? [': ', when(new Date(Number(value) * 1000).toISOString())] : []),
      ),
    ]),
  )

/** @param {boolean} isGood */
const signature = (isGood) =>
  isGood ? badge(words.tokens.verified, 'good') : badge(words.tokens.notVerified, 'warn')

/** @param {Jwt} jwt */
function lifetime({ claims }) {
  const total = Number(claims.exp) - Number(claims.iat)
  const text = el('span', { id: 'countdown' })
  const bar = el('progress', { max: total, 'aria-label': words.tokens.timeLeft })
  const tick = () => {
    const left = Math.max(0, Math.ceil(Number(claims.exp) - Date.now() / 1000))
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`
    text.textContent = left === 0 ? words.tokens.expired : words.tokens.expiresIn(clock)
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
 * @param {{ signedIn: SignedIn, answer: Partial<Tokens> | null, verified: Verified, refresh: () => void }} options
 *   `answer`: the last one of the token endpoint
 */
export function tokensView({ signedIn, answer, verified, refresh }) {
  const text = words.tokens
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
      el('h2', { id: 'tokens-title', tabindex: '-1' }, tokens === null ? text.cookies : text.title),
      jwt === null && el('p', {}, text.hidden),
      jwt && el('p', {}, signature(verified.access)),
      jwt && lifetime(jwt),
      el('div', { class: 'row' }, button('refresh', text.refresh, refresh)),
      jwt && explained(jwt.claims),
      jwt && el('details', { id: 'header' }, el('summary', {}, text.header), explained(jwt.header)),
      idToken &&
        el(
          'details',
          { id: 'id-token' },
          el('summary', {}, `${text.idToken} `, signature(verified.id)),
          el('p', { class: 'soft' }, text.idTokenUse),
          explained(idToken.claims),
          explained(idToken.header),
        ),
    ),
    codeOf(
      'tokens-code',
      snippetView(codeSnippet(signedIn)),
      response &&
        snippetView({
          title: words.snippets.response,
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
