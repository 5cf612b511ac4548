import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LANGUAGES } from '../../src/core/pages/language.ts'
import { texts } from '../../src/texts/index.ts'

const SRC = join(import.meta.dirname, '../../src')

/** Each text by its place, with `{0}` and `{1}` where a fact stands in it. */
function flat(words: unknown, place = ''): [place: string, text: string][] {
  if (typeof words === 'string') return [[place, words]]
  if (typeof words === 'function') {
    const named = new Proxy({}, { get: (_facts, name) => `{${String(name)}}` })
    const text = words.length === 1 && /host|domains/.test(String(words)) ? words(named) : null
    return flat(text ?? words('{0}', '{1}'), place)
  }
  if (typeof words !== 'object' || words === null) return []
  return Object.entries(words).flatMap(([key, one]) => flat(one, `${place}.${key}`))
}

const factsIn = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()

describe('a language', () => {
  test('is one file beside the others, and what it says stands in no other file', () => {
    // What the doctor says to operators lies in a room of its own.
    const files = readdirSync(SRC, { recursive: true })
      .map(String)
      .filter((name) => !name.startsWith(join('operations', 'doctor', 'texts')))
    const named = files.filter((name) => /(^|[/\\-])(en|ko|ja|zh-Hant|es)\.[jt]s$/.test(name))
    expect(named.sort()).toEqual(LANGUAGES.map((one) => join('texts', `${one}.ts`)).sort())
    for (const language of LANGUAGES) {
      const all = flat(texts[language])
      expect(all.length).toBeGreaterThan(350)
      const elsewhere = files
        .filter((name) => /\.[jt]s$/.test(name) && !name.startsWith('texts'))
        .map((name) => [name, readFileSync(join(SRC, name), 'utf8')] as const)
      // Whole sentences; a word alone may well be in code.
      for (const [, text] of all.filter(
        ([, one]) => one.length > 40 && factsIn(one).length === 0,
      )) {
        expect([text, elsewhere.find(([, code]) => code.includes(text))?.[0]]).toEqual([
          text,
          undefined,
        ])
      }
    }
  })

  test.each(LANGUAGES)('names the same facts in each text: %s', (language) => {
    const english = new Map(flat(texts.en))
    for (const [place, text] of flat(texts[language])) {
      expect([place, text.trim() !== '']).toEqual([place, true])
      const [facts, inEnglish] = [factsIn(text), factsIn(english.get(place) ?? '')]
      expect([place, facts]).toEqual([place, inEnglish])
    }
  })
})
