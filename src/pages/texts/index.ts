import type { Language } from '../../core/pages/language.ts'
import { en } from './en.ts'
import { es } from './es.ts'
import { ja } from './ja.ts'
import { ko } from './ko.ts'
import type { Texts } from './texts.ts'
import { zhHant } from './zh-Hant.ts'

/** The texts of the pages by language. */
export const texts: Readonly<Record<Language, Texts>> = {
  en,
  ko,
  ja,
  'zh-Hant': zhHant,
  es,
}
