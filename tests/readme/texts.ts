import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The project's folder. */
export const ROOT = join(import.meta.dirname, '../..')

/** Pages that are kept in English alone: they are for those who read the source. */
const ENGLISH_ONLY = new Set(['threats'])

const named = readdirSync(join(ROOT, 'docs'))
  .filter((file) => file.endsWith('.md'))
  .map((file) => file.replace('.md', ''))

/** The README and every page of `docs/`, by name. */
export const PAGES = ['README', ...named]

/** Those of them that have a Korean page beside them. */
export const KOREAN_PAGES = PAGES.filter((name) => !ENGLISH_ONLY.has(name))

/** Where a page is, from the project's folder. */
export const fileOf = (page: string, language: 'en' | 'ko' = 'en') => {
  if (page === 'README') return language === 'en' ? 'README.md' : 'README.ko.md'
  return language === 'en' ? `docs/${page}.md` : `docs/ko/${page}.md`
}

/** A page in English, which is the one that is written first. */
export const english = (page: string) => readFileSync(join(ROOT, fileOf(page)), 'utf8')

/** A page in Korean, which keeps step. */
export const korean = (page: string) => readFileSync(join(ROOT, fileOf(page, 'ko')), 'utf8')

/** The code blocks of a text, those within lists too. */
export function codeBlocks(text: string): { language: string; code: string }[] {
  const found = text.matchAll(/^( *)```(\w+)\n(.*?)^ *```$/gms)
  return [...found].map(([, indent = '', language = '', code = '']) => ({
    language,
    code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }))
}

/** The one block of a language. */
export function onlyBlock(text: string, language: string): string {
  const [block, ...others] = codeBlocks(text).filter((one) => one.language === language)
  if (block === undefined || others.length > 0) throw new Error(`not one block of ${language}`)
  return block.code
}

/** The one block of a language in which `part` stands. */
export function blockWith(text: string, language: string, part: string): string {
  const found = codeBlocks(text).filter((one) => one.language === language)
  const [block, ...others] = found.filter(({ code }) => code.includes(part))
  if (block === undefined || others.length > 0) throw new Error(`not one block with ${part}`)
  return block.code
}

/** A text with each of these parts, which must be there, replaced. */
export function aim(text: string, parts: Record<string, string>): string {
  return Object.entries(parts).reduce((aimed, [part, other]) => {
    if (!aimed.includes(part)) throw new Error(`there is no ${part} in ${aimed}`)
    return aimed.replaceAll(part, () => other)
  }, text)
}

/** The settings that a block sets, without their comments. */
export const settingsIn = (code: string): Record<string, string> =>
  Object.fromEntries(
    [...code.matchAll(/^([A-Z][A-Z0-9_]*)=(.*?)(?: +#.*)?$/gm)].map(([, name, value]) => [
      name,
      value ?? '',
    ]),
  )

/** A text without its code blocks. */
export const prose = (text: string) => text.replaceAll(/^ *```\w+\n.*?^ *```$/gms, '')

/** What stands between single backticks. */
export const codeSpans = (text: string) =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)

/** The rows of all tables, cell by cell. */
export const tableRows = (text: string) =>
  prose(text)
    .split('\n')
    .filter((line) => line.startsWith('|') && !line.startsWith('|---'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
