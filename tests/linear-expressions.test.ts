import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// A regular expression that starts again at every character of a long run, such as / *, */ in a run of
// spaces, takes a time that grows with the square of the run. A preflight with 15 KiB of spaces took a
// second, and an event of 60 KiB of = half a minute, in which the process answered nobody.

const SRC = join(import.meta.dirname, '../src')
const LONG = 8_000
/** What takes less for such a run is not looked at more closely. */
const SEEN_MS = 1
/** What takes less for a run of four times the length harms nobody, and is too short to be compared. */
const HARMFUL_MS = 40
/** A run of four times the length takes a linear expression four times as long, a quadratic one sixteen times. */
const [LONGER, TOO_MUCH_LONGER] = [4, 8]

/** A regular expression literal: after these characters a slash is no division. */
const LITERAL =
  /(?:^|[=(,:;[!&|?{}>]|\breturn)\s*\/((?![*/])(?:[^\\/[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)/gm

/** The regular expressions of a source text, each made global. */
function expressionsIn(text: string): RegExp[] {
  return [...text.matchAll(LITERAL)].flatMap(([, source = '', flags = '']) => {
    try {
      return [new RegExp(source, [...new Set(`${flags.replace('y', '')}g`)].join(''))]
    } catch {
      return []
    }
  })
}

/** Long runs of what the expression may match, each with an end that it does not match. */
function runsFor({ source }: RegExp, length: number): string[] {
  const words = source.match(/[\w-]{2,}/g) ?? []
  const own = [...source.replace(/\\./g, ''), ...words]
  const units = new Set([...' \t\n=a1,./-"%@_\\<:;[{(', 'a ', ' ,', 'a.', ...own])
  return [...units].flatMap((unit) => {
    const run = unit.repeat(length / unit.length)
    return [`${run}\0`, `x${run}\0`, ...words.map((word) => `${word}${run}\0`)]
  })
}

function timeOf(expression: RegExp, text: string): number {
  const begun = performance.now()
  text.replace(expression, '')
  return performance.now() - begun
}

/** The middle one of seven times, since the machine may pause in any. */
const middleTimeOf = (expression: RegExp, text: string) =>
  Array.from({ length: 7 }, () => timeOf(expression, text)).sort((a, b) => a - b)[3] ?? 0

const isSlow = (expression: RegExp) =>
  runsFor(expression, LONG).some((run, place) => {
    if (timeOf(expression, run) < SEEN_MS) return false
    const long = middleTimeOf(expression, runsFor(expression, LONG * LONGER)[place] ?? '')
    return long > HARMFUL_MS && long > middleTimeOf(expression, run) * TOO_MUCH_LONGER
  })

test('no regular expression takes longer than a text is long', { timeout: 120_000 }, async () => {
  const files = (await readdir(SRC, { recursive: true })).filter((name) => /\.tsx?$/.test(name))
  const found = new Map(
    files.flatMap((name) =>
      expressionsIn(readFileSync(join(SRC, name), 'utf8')).map((one) => [String(one), name]),
    ),
  )
  const all = [...found.keys()]
  expect(all.length).toBeGreaterThan(200)
  expect(all).toContain('/^Bearer +([A-Za-z0-9_.-]+)$/gi')
  const slow = [...found].filter(([text]) => expressionsIn(`=${text}`).some(isSlow))
  expect(slow).toEqual([])
})

test.each([
  ['/ *, */', '/,/'],
  ['/=+$/', '/={1,2}$/'],
  ['/_normal(\\w+)x$/', '/^_normal(\\w+)x$/'],
])('%s would be found, and %s is not', (slow, fast) => {
  expect(expressionsIn(`= ${slow}`).map(isSlow)).toEqual([true])
  expect(expressionsIn(`= ${fast}`).map(isSlow)).toEqual([false])
})
