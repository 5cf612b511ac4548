import type { Language } from '../core/pages/language.ts'
import { en } from './en.ts'
import { es } from './es.ts'
import { ja } from './ja.ts'
import { ko } from './ko.ts'
import type { Texts } from './texts.ts'
import { zhHant } from './zh-Hant.ts'

/** What is said to people, by language: for a further one, a file beside these and a line here and in LANGUAGES. */
export const texts: Readonly<Record<Language, Texts>> = {
  en,
  ko,
  ja,
  'zh-Hant': zhHant,
  es,
}
