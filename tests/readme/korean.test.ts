import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  codeBlocks,
  codeSpans,
  english,
  fileOf,
  KOREAN_PAGES,
  korean,
  PAGES,
  prose,
  ROOT,
  tableRows,
} from './texts.ts'

const HASH = /(^|\s)#.*$/gm
const SLASHES = /\/\*\*.*?\*\/|(^|\s)\/\/ .*$/gm
const HASHED = ['sh', 'nginx', 'caddyfile', 'python', 'yaml', 'properties']
const SLASHED = ['js', 'jsx', 'ts', 'swift', 'kotlin', 'java']
const COMMENTS: Record<string, RegExp> = {
  ...Object.fromEntries(HASHED.map((language) => [language, HASH])),
  ...Object.fromEntries(SLASHED.map((language) => [language, SLASHES])),
  html: /<!--.*?-->|(^|\s)\/\/ .*$/gm,
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

/** How many paragraphs, list items, tables and blocks of code each section has. */
const parts = (text: string) =>
  text
    .replaceAll(/^ *```\w+\n.*?^ *```$/gms, '```')
    .split(/^#+ .*$/m)
    .map((section) => {
      const count = (kind: RegExp) => section.match(kind)?.length ?? 0
      return {
        paragraphs: count(/(?<=^|\n\n)(?![-|]|\d+\. |```|\s)/g),
        items: count(/^ *(?:-|\d+\.) /gm),
        tables: count(/^\|---/gm),
        code: count(/^ *```$/gm),
      }
    })

const levels = (text: string) => prose(text).match(/^#+(?= )/gm)
const named = (text: string) => tableRows(text).map((row) => codeSpans(row.join(' ')).sort())

/** What a page leads to: files and pictures from the project's folder, and addresses. */
function targets(file: string, text: string): string[] {
  const links = [...prose(text).matchAll(/\]\(([^)#\s]+)(?:#[^)\s]*)?\)|<(https?:[^>\s]+)>/g)]
  return links
    .map(([, target = '', address = '']) => target || address)
    .map((target) => (/^https?:/.test(target) ? target : join(dirname(file), target)))
}

/** The same, without regard to the language of the page that it leads to. */
const anyLanguage = (found: string[]) =>
  found.map((target) => target.replace('docs/ko/', 'docs/').replace('.ko.md', '.md')).sort()

describe.each(KOREAN_PAGES)('the Korean %s keeps step with the English one', (page) => {
  const [en, ko] = [english(page), korean(page)]

  test('in its code, all but the comments', () => {
    expect(commands(ko)).toEqual(commands(en))
  })

  test('in its paragraphs and lists', () => {
    expect(parts(ko)).toEqual(parts(en))
  })

  test('in its headings, tables and links', () => {
    expect(levels(ko)).toEqual(levels(en))
    expect(named(ko)).toEqual(named(en))
    const leads = [targets(fileOf(page), en), targets(fileOf(page, 'ko'), ko)]
    expect(anyLanguage(leads[1] ?? [])).toEqual(anyLanguage(leads[0] ?? []))
  })
})

test('a change of a command in one language alone is seen', () => {
  const changed = english('README').replace('npm ci\n', 'npm install\n')
  expect(commands(korean('README'))).not.toEqual(commands(changed))
})

test('a paragraph or a list item in one language alone is seen', () => {
  const page = english('leaving')
  for (const more of ['One more.\n\n## ', '- One more.\n\n## ']) {
    expect(parts(korean('leaving'))).not.toEqual(parts(page.replace('## ', more)))
  }
})

test('every page in Korean has an English one', () => {
  const files = readdirSync(join(ROOT, 'docs/ko')).map((file) => file.replace('.md', ''))
  expect(files.filter((name) => !KOREAN_PAGES.includes(name))).toEqual([])
})

const texts = [
  ...PAGES.map((page) => [fileOf(page), english(page)] as const),
  ...KOREAN_PAGES.map((page) => [fileOf(page, 'ko'), korean(page)] as const),
]

test.each(texts)('%s leads to pages, headings and pictures that are there', (file, text) => {
  const own = targets(file, text).filter((target) => !/^https?:/.test(target))
  expect(own.filter((target) => !existsSync(join(ROOT, target)))).toEqual([])
  const pictures = [...text.matchAll(/!\[([^\]]*)\]\(/g)].map(([, words = '']) => words)
  expect(pictures.filter((words) => words.length < 10)).toEqual([])
})

test.each(texts)('%s says in its first line what it is for', (file, text) => {
  const [title = '', empty, line = ''] = text.split('\n')
  expect(title).toMatch(/^# \S/)
  expect(empty).toBe('')
  if (!file.startsWith('README')) expect(line).toMatch(/^\S.{10,}/)
})

test('the README is read in five minutes: at most 12 KB', () => {
  for (const language of ['en', 'ko'] as const) {
    const text = language === 'en' ? english('README') : korean('README')
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(12 * 1024)
    expect(text.split('\n').length).toBeLessThanOrEqual(220)
  }
})

/** A heading's anchor, as GitHub makes it. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-')

test.each(texts)('%s leads to headings that are there', (file, text) => {
  const missing = [...prose(text).matchAll(/\]\(([\w./-]*\.md)?#([^)\s]+)\)/g)].filter(
    ([, page, name = '']) => {
      const target = page === undefined ? file : join(dirname(file), page)
      const known = texts.find(([other]) => other === target)?.[1] ?? ''
      const anchors = [...prose(known).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
        anchor(title.trim()),
      )
      return !anchors.includes(name)
    },
  )
  expect(missing.map(([link]) => link)).toEqual([])
})
