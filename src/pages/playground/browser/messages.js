import { el } from './dom.js'
import { words } from './words.js'

/** @import { Child } from './dom.js' */

const problem = el('div', { role: 'alert' })
const notice = el('div', { role: 'status' })

/** Where the page says what has happened: in sight wherever the person has scrolled to. */
export const messages = el('div', { class: 'messages' }, problem, notice)

/**
 * Says what has happened; without a text, nothing any more.
 * @param {...Child} text
 */
export function say(...text) {
  problem.replaceChildren()
  notice.replaceChildren(...(text.length === 0 ? [] : [message('good', el('p', {}, ...text))]))
}

/**
 * Says what went wrong, in plain words and in those of the answer.
 * @param {unknown} error
 */
export function complain(error) {
  const { code = 'unexpected', message: detail = '' } =
    /** @type {{ code?: string, message?: string }} */ (error)
  const plain = /** @type {Record<string, string>} */ (words.problems)[code]
  notice.replaceChildren()
  problem.replaceChildren(
    message(
      'bad',
      el('p', {}, plain ?? words.problems.unexpected),
      el('p', { lang: 'en' }, el('code', {}, code), detail === '' ? '' : ` · ${detail}`),
    ),
  )
}

/**
 * @param {'good' | 'bad'} kind
 * @param {...Child} children
 */
function message(kind, ...children) {
  const close = el(
    'button',
    { type: 'button', class: 'close', 'aria-label': words.notices.close, onclick: () => say() },
    '×',
  )
  return el('div', { class: `notice ${kind}` }, el('div', {}, ...children), close)
}
