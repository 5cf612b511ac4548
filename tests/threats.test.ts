import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const TESTS = import.meta.dirname
const CHECKLIST = readFileSync(join(TESTS, '../docs/threats.md'), 'utf8')

/** The numbers that titles of this file begin with: `'2.28 …'`, `'7.20 and 7.21 …'`. */
function numbersOf(file: string): string[] {
  const text = readFileSync(join(TESTS, file), 'utf8')
  const titles = text.matchAll(/['"`](\d{1,2}\.\d{2}(?:(?:, | and )\d{1,2}\.\d{2})*) /g)
  return [...titles].flatMap(([, numbers = '']) => numbers.split(/, | and /))
}

const rows = [...CHECKLIST.matchAll(/^\| (\d{1,2}\.\d{2}) \|/gm)].map(([, number]) => number)

test('every number that a title carries is a row of docs/threats.md', () => {
  const files = readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
  const carried = files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => numbersOf(file).map((number) => ({ file, number })))
  expect(carried.filter(({ number }) => !rows.includes(number))).toEqual([])
  // What is read as a title is more than nothing.
  expect(new Set(carried.map(({ number }) => number)).size).toBeGreaterThan(100)
})

test('no row is there twice, and each belongs to the heading above it', () => {
  expect(rows.length).toBe(new Set(rows).size)
  const sections = CHECKLIST.split(/^## (?=\d)/m).slice(1)
  for (const section of sections) {
    const numbers = [...section.matchAll(/^\| (\d{1,2})\.\d{2} \|/gm)].map(([, part]) => part)
    expect(new Set(numbers)).toEqual(new Set([section.split('.')[0]]))
  }
})
