/**
 * @import { Language } from '../../../core/pages/language.ts'
 * @import { Texts } from '../../../texts/texts.ts'
 * @typedef {Texts['playgroundScript']} Words
 */

/** The language that the server has chosen for the page. */
export const language = /** @type {Language} */ (document.documentElement.lang)

/** The words of the page in its language, as the server has written them into it. */
export const words = /** @type {Words} */ (
  JSON.parse(document.body.dataset.words ?? '', (_name, text) =>
    typeof text === 'string' && /\{\d\}/.test(text) ? filledIn(text) : text,
  )
)

/** What `wordsForScript` of the server made of a function is one again. @param {string} text */
function filledIn(text) {
  return (/** @type {unknown[]} */ ...parts) =>
    text.replace(/\{(\d)\}/g, (_place, number) => String(parts[number]))
}
