import { describe, expect, test } from 'vitest'
import type { StoredSigningKey } from '../../../src/core/tokens/key-store.ts'
import { keyTimes, planKeys } from '../../../src/tokens/keys/key-plan.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const BEGIN = Date.UTC(2026, 0, 1)

const key: StoredSigningKey = {
  ...{ kid: 'first', alg: 'ES256', sealedJwk: 'sealed' },
  ...{ signsFrom: BEGIN, publishedUntil: null },
}

/** When the key that is made at this moment will sign; null where none is made. */
function nextSignsFrom(now: number, rotationSeconds: number): number | null {
  const times = keyTimes(rotationSeconds, 600)
  const needs = { accessAlg: 'ES256', idAlgs: [], keepMs: DAY }
  return planKeys([key], now, needs, times, () => true).add[0]?.signsFrom ?? null
}

describe('the key that takes over by itself', () => {
  const [rotation, due] = [90 * 24 * 3600, BEGIN + 90 * DAY]

  test('is published for more than a day before it signs, for whoever asks for no unknown key', () => {
    expect(nextSignsFrom(due - 25 * HOUR - 1, rotation)).toBeNull()
    expect(nextSignsFrom(due - 25 * HOUR, rotation)).toBe(due)
  })

  test('waits for a quarter of an hour where nobody ran when it was due', () => {
    expect(nextSignsFrom(due + DAY, rotation)).toBe(due + DAY + 15 * MINUTE)
    expect(nextSignsFrom(due - MINUTE, rotation)).toBe(due + 14 * MINUTE)
  })

  test('is published for a quarter of a rotation that is shorter', () => {
    expect(nextSignsFrom(BEGIN + 45_000 - 1, 60)).toBeNull()
    expect(nextSignsFrom(BEGIN + 45_000, 60)).toBe(BEGIN + 60_000)
  })
})
