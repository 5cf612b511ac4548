import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { exportJWK, type JWK } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Answer } from '../../helpers/browser.ts'
import { type FakeKey, makeKey } from '../../helpers/fake-provider.ts'
import { type Forge, loginWithToken, signRaw } from '../../helpers/id-token.ts'
import { startLatchkey } from '../../helpers/latchkey.ts'
import { expectRefused, type Refusal, unusable } from '../../helpers/refusals.ts'
import { type Stage, setStage } from '../../helpers/stage.ts'

describe('the keys of the provider', () => {
  const stage = setStage()
  let good: FakeKey
  let second: FakeKey
  let weak: { privateKey: KeyObject; jwk: JWK }
  let secretJwk: JWK
  const published = (keys: unknown) => {
    stage.provider.answers.jwks = { body: { keys } }
  }
  const public1 = () => good.jwk
  const signedBy =
    (key: () => FakeKey | KeyObject, header: object = {}): Forge =>
    (claims) =>
      signRaw({ alg: 'RS256', kid: 'key-1', ...header }, claims, key())
  const signedByGood = signedBy(() => good)

  beforeAll(async () => {
    good = stage.provider.keys[0] as FakeKey
    second = await makeKey('key-2')
    const pair = generateKeyPairSync('rsa', { modulusLength: 1024 })
    weak = {
      privateKey: pair.privateKey,
      jwk: { ...(await exportJWK(pair.publicKey)), kid: 'key-1', alg: 'RS256', use: 'sig' },
    }
    secretJwk = { ...(await exportJWK(good.privateKey)), kid: 'key-1', alg: 'RS256', use: 'sig' }
  })

  const cases: [string, () => unknown, string, string][] = [
    [
      '4.17 a key for encryption',
      () => [{ ...public1(), use: 'enc' }],
      'id_token',
      'no_matching_key',
    ],
    [
      '4.17 a key for another algorithm',
      () => [{ ...public1(), alg: 'RS512' }],
      'id_token',
      'no_matching_key',
    ],
    [
      '4.17 a key that may not verify',
      () => [{ ...public1(), key_ops: ['sign'] }],
      'id_token',
      'no_matching_key',
    ],
    ['4.17 a key that shows its private part', () => [secretJwk], 'id_token', 'no_matching_key'],
    [
      '4.17 a shared key',
      () => [{ kty: 'oct', k: 'c2VjcmV0', kid: 'key-1' }],
      'id_token',
      'no_matching_key',
    ],
    ['4.17 no keys', () => [], 'jwks', 'shape'],
    ['4.17 an object of keys', () => ({}), 'jwks', 'shape'],
    ['4.17 a key without a type', () => [{ kid: 'key-1' }], 'id_token', 'no_matching_key'],
    [
      '4.17 a key without its numbers',
      () => [{ kty: 'RSA', kid: 'key-1' }],
      'id_token',
      'no_matching_key',
    ],
    ['4.17 nothing but null', () => [null], 'id_token', 'no_matching_key'],
    [
      '4.17 the right key after a hundred others',
      () => [...Array(100).fill({ kty: 'oct' }), public1()],
      'id_token',
      'no_matching_key',
    ],
  ]
  test.each(cases)(
    '%s does not verify a token that the plain key does',
    async (_title, keys, step, reason) => {
      await cold(stage, async ({ refuses }) => {
        published(keys())
        await refuses(unusable(step, reason), signedByGood)
      })
      await cold(stage, async ({ signIn }) => {
        published([public1()])
        expect((await signIn(signedByGood)).status).toBe(200)
      })
    },
  )

  test('4.17 an RSA key of 1024 bits does not verify what it signed, and one of 2048 does', async () => {
    await cold(stage, async ({ refuses }) => {
      published([weak.jwk])
      await refuses(
        unusable('id_token', 'no_matching_key'),
        signedBy(() => weak.privateKey),
      )
    })
    await cold(stage, async ({ signIn }) => {
      published([{ ...second.jwk, kid: 'key-1' }])
      expect((await signIn(signedBy(() => second))).status).toBe(200)
    })
  })

  test('4.17 keys that cannot be used do not stand in the way of one that can', async () => {
    await cold(stage, async ({ signIn }) => {
      published([
        { ...second.jwk, use: 'enc', kid: 'key-1' },
        { ...secretJwk },
        { kty: 'oct', k: 'c2VjcmV0', kid: 'key-1' },
        { kty: 'unknown', kid: 'key-1' },
        public1(),
      ])
      expect((await signIn(signedByGood)).status).toBe(200)
    })
  })

  test.each<[string, () => unknown[]]>([
    ['an entry that is null', () => [null, public1()]],
    ['entries that are text, a number and a list', () => ['key', 7, [], public1()]],
    ['the key twice', () => [public1(), public1()]],
    ['the key once with and once without its kid', () => [{ ...public1(), kid: null }, public1()]],
    ['another key of the same kid', () => [{ ...second.jwk, kid: 'key-1' }, public1()]],
    ['a curve that nobody knows', () => [{ kty: 'EC', crv: 'P-7', kid: 'key-1' }, public1()]],
    ['key_ops that are null', () => [{ ...public1(), key_ops: null, use: null, alg: null }]],
  ])('4.17 beside %s the signing key is found', async (_title, keys) => {
    await cold(stage, async ({ signIn, refuses }) => {
      published(keys())
      for (const kid of ['key-1', undefined]) {
        expect((await signIn(signedBy(() => good, { kid }))).status).toBe(200)
      }
      await refuses(
        unusable('id_token', 'signature'),
        signedBy(() => weak.privateKey),
      )
    })
  })

  test('4.13 without a kid each key that fits is tried, ten at most', async () => {
    const others = await Promise.all(
      Array.from({ length: 10 }, async (_, place) => (await makeKey(`other-${place}`)).jwk),
    )
    const noKid = signedBy(() => good, { kid: undefined })
    for (const [ahead, isFound] of [
      [9, true],
      [10, false],
    ] as const) {
      await cold(stage, async ({ signIn, refuses }) => {
        published([...others.slice(0, ahead), public1()])
        if (isFound) expect((await signIn(noKid)).status).toBe(200)
        else await refuses(unusable('id_token', 'signature'), noKid)
      })
    }
  })
})

/** A Latchkey that has not fetched any keys yet, as tokens are sent to it. */
interface Cold {
  signIn(forge: Forge): Promise<Answer>
  refuses(refusal: Refusal, forge: Forge): Promise<void>
}

async function cold(
  { latchkey, provider }: Stage,
  play: (at: Cold) => Promise<void>,
): Promise<void> {
  const other = await startLatchkey(provider.settings(), { testDatabase: latchkey.testDatabase })
  const signIn = (forge: Forge) => loginWithToken(other, provider, forge)
  const refuses = async (refusal: Refusal, forge: Forge) => {
    await expectRefused({ latchkey: other, provider }, refusal, () => signIn(forge))
  }
  try {
    await play({ signIn, refuses })
  } finally {
    await other.close()
  }
}
