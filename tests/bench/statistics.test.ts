import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readOptions } from '../../bench/options.ts'
import { putFigures } from '../../bench/report.ts'
import { inTurn, roundsOf, type Side } from '../../bench/rounds.ts'
import { nameOfStatement } from '../../bench/scenes/sizes.ts'
import {
  addCosts,
  isReached,
  lowerQuartile,
  median,
  ratioByRound,
  spread,
} from '../../bench/statistics.ts'
import { markdownTable, plainTable } from '../../bench/table.ts'

test('the median is the middle one, of an even count the mean of the two, and of none no number', () => {
  expect(median([9, 1, 5])).toBe(5)
  expect(median([9, 1, 5, 7])).toBe(6)
  expect(median([3])).toBe(3)
  expect(median([])).toBeNaN()
})

test('ratios are made within each round, so that a slow round for both sides changes none', () => {
  const quiet = ratioByRound([20, 22, 24], [10, 11, 12])
  const busy = ratioByRound([20, 220, 24], [10, 110, 12])
  expect(busy).toEqual(quiet)
  expect(quiet).toEqual({ median: 2, least: 2, most: 2 })
})

test('a target is reached at its own value, from below or from above', () => {
  expect([isReached(2, { atMost: 2 }), isReached(2.01, { atMost: 2 })]).toEqual([true, false])
  expect([isReached(5, { atLeast: 5 }), isReached(4.99, { atLeast: 5 })]).toEqual([true, false])
})

test('the steps of a path add up round by round', () => {
  const cost = (cpu: number) => ({ cpu, database: cpu * 2, statements: 1 })
  expect(
    addCosts([
      [cost(1), cost(2)],
      [cost(10), cost(20)],
    ]),
  ).toEqual([
    { cpu: 11, database: 22, statements: 2 },
    { cpu: 22, database: 44, statements: 2 },
  ])
})

test('each step is measured on one side right after the other, another one first in each round, and the warm-up is not kept', async () => {
  const order: string[] = []
  const step = (name: string) => async () => {
    order.push(name)
    return { [name.slice(1)]: { cpu: order.length, database: 0, statements: 0 } }
  }
  const a: Side = { name: 'a', steps: { login: step('a login'), read: step('a read') } }
  const b: Side = { name: 'b', steps: { login: step('b login') } }
  const samples = await inTurn([a, b], { rounds: 1, warmUps: 1, seconds: 60 })
  // To warm up, the one that has no reads does as many steps as the other.
  const warmUp = ['a login', 'b login', 'a read', 'b login']
  expect(order).toEqual([...warmUp, 'b login', 'a login', 'a read'])
  expect(samples.a?.[' login']?.map(({ cpu }) => cpu)).toEqual([6])
  expect(samples.b?.[' login']?.map(({ cpu }) => cpu)).toEqual([5])
})

test('a slow machine does fewer rounds, but never less than three where three are asked for', () => {
  const numbers = (seconds: number, rounds = 9) => [...roundsOf({ rounds, warmUps: 2, seconds })]
  expect(numbers(60)).toEqual([-2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8])
  expect(numbers(-1)).toEqual([-2, 0, 1, 2])
  expect(numbers(-1, 2)).toEqual([-2, 0, 1])
})

test('a statement is called by what it does to which tables', () => {
  const text = `with "known" as (select "a" from "latchkey"."identities" for update), "made" as (
    insert into "latchkey"."users" ("id") select $1 from "known") select 1 from "latchkey"."users"`
  expect(nameOfStatement(text)).toBe('read identities, users; insert users')
  expect(nameOfStatement('select  1')).toBe('select 1')
})

test('the rows are the same for a page and for a terminal', () => {
  const rows = [
    ['unit', 'ratio'],
    ['login', '1.50'],
  ]
  expect(markdownTable(rows)).toBe('| unit | ratio |\n|---|---|\n| login | 1.50 |')
  expect(plainTable(rows)).toBe('unit   ratio\nlogin  1.50')
})

test('figures are put between the marks of a page, and a page without them is not written', () => {
  const page =
    'a\n<!-- figures: few -->\n\nold\n\n<!-- end -->\nb\n<!-- figures: many --><!-- end -->'
  expect(putFigures(page, 'few', 'new\n')).toBe(
    'a\n<!-- figures: few -->\n\nnew\n\n<!-- end -->\nb\n<!-- figures: many --><!-- end -->',
  )
  expect(putFigures(page, 'many', 'new')).toContain('old')
  expect(() => putFigures('a page', 'few', 'new')).toThrow('figures: few')
})

test.each(['few', 'many', 'audit'] as const)(
  'both pages have a place for %s figures of their own',
  (mark) => {
    for (const page of ['docs/benchmarks.md', 'docs/ko/benchmarks.md']) {
      const filled = putFigures(readFileSync(page, 'utf8'), mark, 'here')
      const others = (['few', 'many', 'audit'] as const).filter((one) => one !== mark)
      for (const other of others) expect(putFigures(filled, other, 'there')).toContain('here')
    }
  },
)

test('an option that is unknown, or a number of people that makes no sense, is refused', () => {
  expect(readOptions(['--users', '1000000', '--quick']).users).toBe(1_000_000)
  expect(() => readOptions(['--users', '1e9'])).toThrow(RangeError)
  expect(() => readOptions(['--user', '1000'])).toThrow('--user')
})

test('a quarter of the numbers is no more than their lower quartile, whatever a busy machine adds to the rest', () => {
  expect(lowerQuartile([900, 10, 12, 11, 500])).toBe(11)
  expect(lowerQuartile([9, 10, 12, 11, 13])).toBe(10)
  expect(lowerQuartile([7])).toBe(7)
})

test('a spread leaves out the quarter on each side', () => {
  expect(spread([9, 1, 2, 3, 4])).toEqual({ median: 3, least: 2, most: 4 })
})
