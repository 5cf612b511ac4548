import { readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// A regular expression that starts again at every character of a long run, such as / *, */ in a run of
// spaces, takes a time that grows with the square of the run. A preflight with 15 KiB of spaces took a
// second, and an event of 60 KiB of = half a minute, in which the process answered nobody.

const SRC = join(import.meta.dirname, '../src')
/** A quadratic expression takes many times as long for such a run, any other less than a millisecond. */
const LONG = 8_000
const TOO_LONG_MS = 15

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
function runsFor({ source }: RegExp): string[] {
  const words = source.match(/[\w-]{2,}/g) ?? []
  const own = [...source.replace(/\\./g, ''), ...words]
  const units = new Set([...' \t\n=a1,./-"%@_\\<:;[{(', 'a ', ' ,', 'a.', ...own])
  return [...units].flatMap((unit) => {
    const run = unit.repeat(LONG / unit.length)
    return [`${run}\0`, `x${run}\0`, ...words.map((word) => `${word}${run}\0`)]
  })
}

function timeOf(expression: RegExp, text: string): number {
  const begun = performance.now()
  text.replace(expression, '')
  return performance.now() - begun
}

/** Whether it is slow five times in a row: a pause of the machine is no fault of the expression. */
const isSlow = (expression: RegExp) =>
  runsFor(expression).some((run) =>
    Array.from({ length: 5 }).every(() => timeOf(expression, run) > TOO_LONG_MS),
  )

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
