import { expect, test } from 'vitest'
import { LANGUAGES, pickLanguage, usableLocales } from '../../../src/core/pages/language.ts'

test.each<[what: string, uiLocales: string | undefined, accepted: string | undefined, is: string]>([
  ['English where nothing is asked', undefined, undefined, 'en'],
  ['the first that is spoken, by its weight', undefined, 'fr, ja;q=0.3, ko-KR;q=0.8', 'ko'],
  ['what the app asks for, before the browser', 'fi es-MX', 'ko', 'es'],
  ['Traditional Chinese for Taiwan', undefined, 'zh-TW,zh;q=0.9,en;q=0.8', 'zh-Hant'],
  ['Traditional Chinese for Hong Kong, which ui_locales may ask for', 'zh-HK', 'ko', 'zh-Hant'],
  ['Traditional Chinese by its script, in any case', undefined, 'ZH-hant', 'zh-Hant'],
  ['not Traditional Chinese for who reads Simplified', undefined, 'zh-CN,zh;q=0.9,ko;q=0.8', 'ko'],
  ['not Traditional Chinese where the script says otherwise', 'zh-Hans-TW', undefined, 'en'],
  ['that of a tag with underscores', 'ja_JP', undefined, 'ja'],
  ['English for nonsense, and for a weight of nothing', '<b> -- x', 'ko;q=0, *', 'en'],
])('the language of a page is %s', (_what, uiLocales, accepted, is) => {
  expect(pickLanguage(uiLocales, accepted)).toBe(is)
})

test('each language is a tag that it would be picked by', () => {
  expect(LANGUAGES.map((one) => pickLanguage(one, undefined))).toEqual([...LANGUAGES])
})

test.each<[asked: unknown, kept: string | undefined]>([
  ['ko en-US', 'ko en-US'],
  ['ko;q=1 ja_JP', 'ja-JP'],
  ['<script> --', undefined],
  ['', undefined],
  [['ko', 'ja'], undefined],
  [`${'x'.repeat(9)} ko`, 'ko'],
  ['ko '.repeat(30), `${'ko '.repeat(20)}ko`],
  [`${'ko '.repeat(20)}abcd`, `${'ko '.repeat(20)}abcd`],
  [`${'ko '.repeat(20)}abcde`, 'ko '.repeat(20).trim()],
])('of %j as ui_locales %j is kept', (asked, kept) => {
  expect(usableLocales(asked)).toBe(kept)
})
