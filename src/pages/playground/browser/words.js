import { en } from './words-en.js'
import { es } from './words-es.js'
import { ja } from './words-ja.js'
import { ko } from './words-ko.js'
import { zhHant } from './words-zh-Hant.js'

/**
 * @import { Language } from '../../../core/pages/language.ts'
 * @typedef {typeof en} Words
 */

/** @type {Record<Language, Words>} */
const all = { en, ko, ja, 'zh-Hant': zhHant, es }

/** The language that the server has chosen for the page. */
export const language = /** @type {Language} */ (document.documentElement.lang)

/** The words of the page in its language. */
export const words = all[language]
