import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { codeBlocks, codeSpans, english, korean, prose, ROOT, tableRows } from './texts.ts'

const HASH = /(^|\s)#.*$/gm
const SLASHES = /\/\*\*.*?\*\/|(^|\s)\/\/ .*$/gm
const COMMENTS: Record<string, RegExp> = {
  ...{ sh: HASH, nginx: HASH, caddyfile: HASH, python: HASH },
  ...{ js: SLASHES, swift: SLASHES, kotlin: SLASHES, java: SLASHES },
  html: /<!--.*?-->/g,
  ini: /^;.*$/gm,
  sql: /(^|\s)--.*$/gm,
}

/** A text's code without its comments, which are in the language of the text. */
function commands(text: string): string[] {
  return codeBlocks(text).map(({ language, code }) => {
    const bare = code.replaceAll(COMMENTS[language] ?? /(?!)/g, '')
    return `${language}\n${bare.replaceAll(/[ \t]+$/gm, '').replaceAll(/\n{2,}/g, '\n')}`
  })
}

/** Links to files of this project, and pictures. */
const files = (text: string) =>
  [...text.matchAll(/\]\(([^)#\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^https?:/.test(target))

describe('README.ko.md keeps step with README.md', () => {
  test('in its code, all but the comments', () => {
    expect(commands(korean)).toEqual(commands(english))
    expect(commands(english).length).toBeGreaterThan(30)
    const changed = english.replace('npm ci && npm start', 'npm install && npm start')
    expect(commands(korean)).not.toEqual(commands(changed))
  })

  test('in its headings, level by level', () => {
    const levels = (text: string) => prose(text).match(/^#+(?= )/gm)
    expect(levels(korean)).toEqual(levels(english))
  })

  test('in what its tables name, row by row', () => {
    const named = (text: string) => tableRows(text).map((row) => codeSpans(row.join(' ')).sort())
    expect(named(korean)).toEqual(named(english))
  })

  test('in where it leads to', () => {
    const others = (text: string) => files(text).filter((file) => !file.startsWith('README'))
    expect(others(korean).sort()).toEqual(others(english).sort())
  })
})

test.each([
  ['README.md', english, 'README.ko.md'],
  ['README.ko.md', korean, 'README.md'],
])('every file and picture that %s leads to is there', (_, text, other) => {
  const pictures = ['docs/sign-in-light.png', 'docs/sign-in-dark.png']
  expect(files(text)).toEqual(expect.arrayContaining([...pictures, other]))
  expect(files(text).filter((file) => !existsSync(join(ROOT, file)))).toEqual([])
})

test('every picture has a text for those who do not see it', () => {
  for (const text of [english, korean]) {
    const alternatives = [...text.matchAll(/!\[([^\]]*)\]\(/g)].map(([, words = '']) => words)
    expect(alternatives).toHaveLength(2)
    expect(alternatives.filter((words) => words.length < 10)).toEqual([])
  }
})
