import { describe, expect, test } from 'vitest'
import type { FakeKey } from '../../helpers/fake-provider.ts'
import {
  acceptEach,
  answerByCode,
  type Forge,
  loginByCode,
  refuseEach,
  signRaw,
} from '../../helpers/id-token.ts'
import { login } from '../../helpers/latchkey.ts'
import { setStage } from '../../helpers/stage.ts'

describe('the kid of the ID token', () => {
  const stage = setStage()
  const withKid =
    (kid: unknown): Forge =>
    (claims) =>
      signRaw({ alg: 'RS256', kid }, claims, stage.provider.keys[0] as FakeKey)

  acceptEach(stage, [
    ['4.13 no kid, where one key is published,', withKid(undefined)],
    ['4.14 the right kid', withKid('key-1')],
  ])
  refuseEach(stage, [
    ['4.14 an unknown kid', withKid('unknown'), 'no_matching_key'],
    ['4.14 a path as kid', withKid('../../dev/null'), 'no_matching_key'],
    ['4.14 SQL as kid', withKid("' OR 1=1--"), 'no_matching_key'],
    ['4.14 __proto__ as kid', withKid('__proto__'), 'no_matching_key'],
    ['4.14 an empty kid', withKid(''), 'no_matching_key'],
    ['4.14 an object as kid', withKid({ kid: 'key-1' }), 'header'],
    ['4.14 null as kid', withKid(null), 'header'],
    ['4.14 a kid of 10 kB', withKid('x'.repeat(10_000)), 'no_matching_key'],
  ])
})

describe('a flood of unknown kids', () => {
  const stage = setStage()

  test('4.15 a hundred of them fetch the keys once more, and honest logins go on', async () => {
    const { latchkey, provider } = stage
    expect((await login(latchkey, provider)).status).toBe(200)
    expect(provider.count('jwks')).toBe(1)
    let place = 0
    for (let round = 0; round < 10; round++) {
      answerByCode(provider, () => ({ kid: `flood-${place++}` }))
      const flood = Array.from({ length: 10 }, () => loginByCode(latchkey))
      for (const answer of await Promise.all(flood)) expect(answer.status).toBe(502)
      answerByCode(provider)
      expect((await loginByCode(latchkey)).status).toBe(200)
    }
    expect(provider.count('jwks')).toBe(2)
  })
})
