import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { exportJWK, type JWK } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { type FakeKey, makeKey } from '../helpers/fake-provider.ts'
import { type Forge, loginWithToken, signRaw } from '../helpers/id-token.ts'
import { startLatchkey } from '../helpers/latchkey.ts'
import { expectRefused, unusable } from '../helpers/refusals.ts'
import { type Stage, setStage } from '../helpers/stage.ts'

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
      'err_jwks_no_matching_key',
    ],
    [
      '4.17 a key for another algorithm',
      () => [{ ...public1(), alg: 'RS512' }],
      'id_token',
      'err_jwks_no_matching_key',
    ],
    [
      '4.17 a key that may not verify',
      () => [{ ...public1(), key_ops: ['sign'] }],
      'id_token',
      'err_jwks_no_matching_key',
    ],
    [
      '4.17 a key that shows its private part',
      () => [secretJwk],
      'id_token',
      'err_jwks_no_matching_key',
    ],
    [
      '4.17 a shared key',
      () => [{ kty: 'oct', k: 'c2VjcmV0', kid: 'key-1' }],
      'id_token',
      'err_jwks_no_matching_key',
    ],
    [
      '4.17 two keys of one kid',
      () => [second.jwk, good.jwk].map((key) => ({ ...key, kid: 'key-1' })),
      'id_token',
      'err_jwks_multiple_matching_keys',
    ],
    ['4.17 no keys', () => [], 'jwks', 'shape'],
    ['4.17 an object of keys', () => ({}), 'jwks', 'shape'],
    ['4.17 a key without a type', () => [{ kid: 'key-1' }], 'jwks', 'shape'],
    [
      '4.17 a key without its numbers',
      () => [{ kty: 'RSA', kid: 'key-1' }],
      'id_token',
      'malformed',
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
      await expectRefused({ ...stage, latchkey }, unusable('id_token', 'malformed'), () =>
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

  test('4.13 without a kid and with two keys that fit, nothing is guessed', async () => {
    await cold(stage, async (latchkey) => {
      published([public1(), second.jwk])
      const noKid = signedBy(() => good, { kid: undefined })
      await expectRefused(
        { ...stage, latchkey },
        unusable('id_token', 'err_jwks_multiple_matching_keys'),
        () => loginWithToken(latchkey, stage.provider, noKid),
      )
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
