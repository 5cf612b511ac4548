import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The project's folder. */
export const ROOT = join(import.meta.dirname, '../..')

/** The README in English, which is the one that is written first. */
export const english = readFileSync(join(ROOT, 'README.md'), 'utf8')

/** The README in Korean, which keeps step. */
export const korean = readFileSync(join(ROOT, 'README.ko.md'), 'utf8')

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
