import { el } from './dom.js'
import { explain } from './words.js'

export const problem = el('div', { role: 'alert' })
export const notice = el('div', { role: 'status' })

/**
 * Says what has happened; without a text, nothing any more.
 * @param {string} [text]
 */
export function say(text = '') {
  problem.replaceChildren()
  notice.replaceChildren(...(text === '' ? [] : [el('p', { class: 'notice good' }, text)]))
}

/**
 * Says what went wrong.
 * @param {unknown} error
 */
export function complain(error) {
  const { words, code, detail } = explain(error)
  notice.replaceChildren()
  problem.replaceChildren(
    el(
      'div',
      { class: 'notice bad' },
      el('p', {}, words),
      el('p', {}, el('code', {}, code), detail === '' ? '' : ` · ${detail}`),
    ),
  )
}
