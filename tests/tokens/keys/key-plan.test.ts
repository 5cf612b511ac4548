import { describe, expect, test } from 'vitest'
import type { StoredSigningKey } from '../../../src/core/tokens/key-store.ts'
import { bridge, isRetired, keyTimes, planKeys } from '../../../src/tokens/keys/key-plan.ts'

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

describe('another SIGNING_ALG', () => {
  const times = keyTimes(90 * 24 * 3600, 600)
  const now = BEGIN + DAY
  const made = (alg: string, signsFrom: number, more: Partial<StoredSigningKey> = {}) => ({
    ...key,
    ...{ kid: `${alg} ${signsFrom}`, alg, signsFrom },
    ...more,
  })
  /** From when on the first key of the set algorithm signs, and which algorithm signs until then. */
  function change(ring: StoredSigningKey[], accessAlg: string, idAlgs: string[]) {
    const needs = { accessAlg, idAlgs, keepMs: DAY }
    const { add } = planKeys(ring, now, needs, times, () => true)
    const [first] = add.filter(({ alg }) => alg === accessAlg)
    const living = ring.filter((one) => !isRetired(one, now))
    return [first?.signsFrom, bridge(ring, living, now, needs)?.alg]
  }
  const [access, id] = [made('ES256', BEGIN), made('RS256', BEGIN + 1)]

  test.each<[string, StoredSigningKey[], string, string[], string]>([
    ['that only access tokens had', [access, id], 'EdDSA', ['RS256'], 'ES256'],
    ['that ID tokens have, too', [made('RS256', BEGIN)], 'ES256', ['RS256'], 'RS256'],
    ['that some client’s ID tokens have', [access, id], 'EdDSA', ['RS256', 'ES256'], 'ES256'],
  ])('is published before it signs, after one %s', (_what, ring, alg, idAlgs, until) => {
    expect(change(ring, alg, idAlgs)).toEqual([now + times.lead, until])
    // The next turn makes no second one.
    const upcoming = [...ring, made(alg, now + times.lead)]
    expect(change(upcoming, alg, idAlgs)).toEqual([undefined, until])
  })

  test('signs at once where ID tokens need it, too: nothing else could sign them', () => {
    expect(change([access, id], 'EdDSA', ['RS256', 'EdDSA'])[0]).toBe(now)
  })

  test('control: nothing signs in the place of a key that the operator retired, nor at a first start', () => {
    const retired = made('ES256', BEGIN, { publishedUntil: now - 1 })
    expect(change([retired, id], 'ES256', ['RS256'])).toEqual([now, undefined])
    expect(change([retired, id], 'EdDSA', ['RS256'])).toEqual([now, undefined])
    expect(change([], 'ES256', ['RS256'])).toEqual([now, undefined])
  })
})
