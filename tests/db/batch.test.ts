import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { batched } from '../../src/db/batch.ts'

/** A look-up that remembers how it was called: a number becomes its double, zero fails. */
function doubling(largest = 50) {
  const calls: number[][] = []
  const double = batched<number, number>(async (keys) => {
    calls.push([...keys])
    await wait(1)
    if (keys.includes(0)) throw new Error('zero')
    return (key) => key * 2
  }, largest)
  return { calls, double }
}

test('look-ups of one turn are one call, and each gets its own answer', async () => {
  const { calls, double } = doubling()
  expect(await Promise.all([3, 1, 3, 2].map(double))).toEqual([6, 2, 6, 4])
  expect(calls).toEqual([[3, 1, 3, 2]])
})

const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

test('look-ups that come while a call is on its way are the next call together', async () => {
  const calls: number[][] = []
  const land: (() => void)[] = []
  const double = batched<number, number>(async (keys) => {
    calls.push([...keys])
    await new Promise<void>((resolve) => land.push(resolve))
    return (key) => key * 2
  }, 50)
  const first = double(1)
  await nextTurn()
  const second = double(2)
  await nextTurn()
  const third = double(3)
  expect(calls).toEqual([[1]])
  land[0]?.()
  expect(await first).toBe(2)
  await nextTurn()
  expect(calls).toEqual([[1], [2, 3]])
  land[1]?.()
  expect(await Promise.all([second, third])).toEqual([4, 6])
})

test('a call that is stuck holds nobody up, neither those that came at once nor those that come later', async () => {
  const calls: number[][] = []
  const double = batched<number, number>(async (keys) => {
    calls.push([...keys])
    if (keys.includes(1)) await new Promise(() => {})
    return (key) => key * 2
  }, 50)
  double(1)
  await nextTurn()
  const others = [double(2)]
  await nextTurn()
  others.push(double(3))
  expect(await Promise.all(others)).toEqual([4, 6])
  expect(calls).toEqual([[1], [2, 3]])
  expect(await double(4)).toBe(8)
})

test('more than the largest batch are several calls', async () => {
  const { calls, double } = doubling(2)
  expect(await Promise.all([1, 2, 3, 4, 5].map(double))).toEqual([2, 4, 6, 8, 10])
  expect(calls).toEqual([[1, 2], [3, 4], [5]])
})

test('a call that fails fails its look-ups and no others', async () => {
  const { double } = doubling(2)
  const results = await Promise.allSettled([0, 1, 2, 3].map(double))
  expect(results.map(({ status }) => status)).toEqual([
    'rejected',
    'rejected',
    'fulfilled',
    'fulfilled',
  ])
  expect(await double(4)).toBe(8)
})
