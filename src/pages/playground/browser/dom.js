import { language, words } from './words.js'

/** @typedef {Node | string | null | false} Child */

/**
 * An element. Whatever text it gets is text, never HTML; a handler is `onclick` and the like.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown>} [attributes] false and null leave one out
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value))
    } else if (value !== false && value !== null) {
      element.setAttribute(name, value === true ? '' : String(value))
    }
  }
  element.append(...children.filter((child) => child !== null && child !== false))
  return element
}

/**
 * @param {string} id by which it is found again when the page is drawn anew
 * @param {string} label
 * @param {() => void} onclick
 * @param {Record<string, unknown>} [attributes]
 */
export const button = (id, label, onclick, attributes = {}) =>
  el('button', { id, type: 'button', onclick, ...attributes }, label)

/**
 * A button that copies a text when it is pressed, and says that it did.
 * @param {() => string} text
 * @param {string} what for those who only hear the button
 */
export function copyButton(text, what) {
  const label = el('span', { 'aria-live': 'polite' }, words.copy.button)
  const attributes = { class: 'copy', type: 'button', 'aria-label': words.copy.what(what) }
  const button = el('button', attributes, label)
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text())
      label.textContent = words.copy.done
      button.setAttribute('aria-label', words.copy.doneWhat(what))
    } catch {
      label.textContent = words.copy.refused
    }
    setTimeout(() => {
      label.textContent = words.copy.button
      button.setAttribute('aria-label', words.copy.what(what))
    }, 2000)
  })
  return button
}

/**
 * @param {string} text
 * @param {'' | 'good' | 'warn'} [kind]
 */
export const badge = (text, kind = '') => el('span', { class: `badge ${kind}`.trim() }, text)

/**
 * A list of names and what they are.
 * @param {[string, ...Child[]][]} rows
 */
export const facts = (rows) =>
  el('dl', {}, ...rows.flatMap(([name, ...value]) => [el('dt', {}, name), el('dd', {}, ...value)]))

/** @param {string} iso */
export const when = (iso) =>
  el(
    'time',
    { datetime: iso },
    new Date(iso).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' }),
  )
