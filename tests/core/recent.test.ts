import { expect, test } from 'vitest'
import { createRecent } from '../../src/core/recent.ts'

test('what came last is remembered, what came long ago is not, and it never grows', () => {
  const recent = createRecent<number>(3)
  for (let n = 0; n < 100; n++) recent.set(`key ${n}`, n)
  const known = Array.from({ length: 100 }, (_, n) => recent.get(`key ${n}`)).filter(
    (value) => value !== undefined,
  )
  expect(known.slice(-3)).toEqual([97, 98, 99])
  expect(known.length).toBeLessThanOrEqual(6)
})

test('the newest value of a key counts, and a deleted one is gone wherever it was', () => {
  const recent = createRecent<string>(2)
  for (const value of ['first', 'second', 'third']) {
    recent.set('key', value)
    recent.set(`beside the ${value}`, value)
    expect(recent.get('key')).toBe(value)
  }
  recent.delete('key')
  expect(recent.get('key')).toBeUndefined()
  expect(recent.get('beside the third')).toBe('third')
})
