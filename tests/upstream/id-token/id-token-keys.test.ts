import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { exportJWK, type JWK } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { type FakeKey, makeKey } from '../../helpers/fake-provider.ts'
import { type Forge, loginWithToken, signRaw } from '../../helpers/id-token.ts'
import { startLatchkey } from '../../helpers/latchkey.ts'
import { expectRefused, unusable } from '../../helpers/refusals.ts'
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
      await cold(stage, async (latchkey) => {
        published(keys())
        await expectRefused({ ...stage, latchkey }, unusable(step, reason), () =>
          loginWithToken(
            latchkey,
            stage.provider,
            signedBy(() => good),
          ),
        )
      })
      await cold(stage, async (latchkey) => {
        published([public1()])
        expect(
          (
            await loginWithToken(
              latchkey,
              stage.provider,
              signedBy(() => good),
            )
          ).status,
        ).toBe(200)
      })
    },
  )

  test('4.17 an RSA key of 1024 bits does not verify what it signed', async () => {
    await cold(stage, async (latchkey) => {
      published([weak.jwk])
      await expectRefused({ ...stage, latchkey }, unusable('id_token', 'no_matching_key'), () =>
        loginWithToken(
          latchkey,
          stage.provider,
          signedBy(() => weak.privateKey),
        ),
      )
    })
  })

  test('4.17 keys that cannot be used do not stand in the way of one that can', async () => {
    await cold(stage, async (latchkey) => {
      published([
        { ...second.jwk, use: 'enc', kid: 'key-1' },
        { ...secretJwk },
        { kty: 'oct', k: 'c2VjcmV0', kid: 'key-1' },
        { kty: 'unknown', kid: 'key-1' },
        public1(),
      ])
      expect(
        (
          await loginWithToken(
            latchkey,
            stage.provider,
            signedBy(() => good),
          )
        ).status,
      ).toBe(200)
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
    await cold(stage, async (latchkey) => {
      published(keys())
      for (const kid of ['key-1', undefined]) {
        const forge = signedBy(() => good, { kid })
        expect((await loginWithToken(latchkey, stage.provider, forge)).status).toBe(200)
      }
      const strange = signedBy(() => weak.privateKey)
      await expectRefused({ ...stage, latchkey }, unusable('id_token', 'signature'), () =>
        loginWithToken(latchkey, stage.provider, strange),
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
      await cold(stage, async (latchkey) => {
        published([...others.slice(0, ahead), public1()])
        const play = () => loginWithToken(latchkey, stage.provider, noKid)
        if (isFound) expect((await play()).status).toBe(200)
        else await expectRefused({ ...stage, latchkey }, unusable('id_token', 'signature'), play)
      })
    }
  })
})

/** Plays with a Latchkey that has not fetched any keys yet. */
async function cold(
  { latchkey, provider }: Stage,
  play: (latchkey: Stage['latchkey']) => Promise<void>,
): Promise<void> {
  const other = await startLatchkey(provider.settings(), { testDatabase: latchkey.testDatabase })
  try {
    await play(other)
  } finally {
    await other.close()
  }
}
