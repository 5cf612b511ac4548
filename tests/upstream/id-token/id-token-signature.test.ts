import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FakeKey, makeKey } from '../../helpers/fake-provider.ts'
import { acceptEach, type Forge, part, refuseEach, signRaw } from '../../helpers/id-token.ts'
import { setStage } from '../../helpers/stage.ts'

describe('the signature of the ID token', () => {
  const stage = setStage({
    async prepare(provider) {
      provider.keys = [await makeKey('key-1')]
    },
  })
  const decoy = createServer((_request, response) => response.end('{}'))
  let decoyUrl = ''
  let decoyConnections = 0
  let attacker: FakeKey

  beforeAll(async () => {
    attacker = await makeKey('key-of-attacker')
    decoy.on('connection', () => {
      decoyConnections += 1
    })
    await new Promise<void>((resolve) => decoy.listen(0, '127.0.0.1', resolve))
    decoyUrl = `http://127.0.0.1:${(decoy.address() as AddressInfo).port}/jwks`
  })
  afterAll(() => {
    decoy.close()
  })

  const signed: Forge = (claims) => stage.provider.sign(claims)
  /** A correct token, changed as text. */
  const changed =
    (change: (header: string, payload: string, signature: string) => string): Forge =>
    async (claims) => {
      const [header = '', payload = '', signature = ''] = (await signed(claims)).split('.')
      return change(header, payload, signature)
    }
  const flipped = (text: string) => {
    const bytes = Buffer.from(text, 'base64url')
    bytes[20] = (bytes[20] ?? 0) ^ 1
    return part(bytes)
  }
  const byAttacker =
    (header: () => object): Forge =>
    (claims) =>
      stage.provider.sign(claims, attacker, header())
  const byHand =
    (header: () => object): Forge =>
    (claims) =>
      signRaw(
        { alg: 'RS256', kid: 'key-1', ...header() },
        claims,
        stage.provider.keys[0] as FakeKey,
      )
  const wrongSignature = 'signature'

  refuseEach(stage, [
    [
      '4.04 a flipped byte in the signature',
      changed((h, p, s) => `${h}.${p}.${flipped(s)}`),
      wrongSignature,
    ],
    [
      '4.04 a flipped byte in the payload',
      changed((h, p, s) => `${h}.${flipped(p)}.${s}`),
      wrongSignature,
    ],
    [
      '4.04 a payload exchanged for another',
      async (claims) => {
        const [header, , signature] = (await signed(claims)).split('.')
        return `${header}.${part({ ...claims, name: 'Somebody Else' })}.${signature}`
      },
      wrongSignature,
    ],
    ['4.04 a stripped signature', changed((h, p) => `${h}.${p}.`), wrongSignature],
    [
      '4.04 and 4.24 another key under the published kid',
      byAttacker(() => ({ kid: 'key-1' })),
      wrongSignature,
    ],
    [
      '4.05 five parts, as a JWE around an unsigned token has,',
      (claims) =>
        [{ alg: 'dir', enc: 'A256GCM' }, 'key', 'iv', { alg: 'none', ...claims }, 'tag']
          .map(part)
          .join('.'),
      'encrypted',
    ],
    ['4.05 four parts', changed((h, p, s) => `${h}.${p}.${s}.${s}`), 'not_compact'],
    ['4.05 two parts', changed((h, p) => `${h}.${p}`), 'not_compact'],
    [
      '4.05 JSON serialization',
      changed((h, payload, signature) => JSON.stringify({ payload, protected: h, signature })),
      'not_compact',
    ],
    ['4.05 padding', changed((h, p, s) => `${h}.${p}.${s}==`), 'not_compact'],
    ['4.05 a space before', changed((h, p, s) => ` ${h}.${p}.${s}`), 'not_compact'],
    ['4.05 a space after', changed((h, p, s) => `${h}.${p}.${s} `), 'not_compact'],
    [
      '4.05 a space within',
      changed((h, p, s) => `${h}.${p}.${s.slice(0, 9)} ${s.slice(9)}`),
      'not_compact',
    ],
    ['4.16 a key of its own as jwk', byAttacker(() => ({ jwk: attacker.jwk })), 'no_matching_key'],
    [
      '4.16 a key of its own as jwk under the published kid',
      byAttacker(() => ({ jwk: attacker.jwk, kid: 'key-1' })),
      wrongSignature,
    ],
    ['4.16 a jku of its own', byAttacker(() => ({ jku: decoyUrl, kid: 'key-1' })), wrongSignature],
    [
      '4.16 a jku of its own with a kid of its own',
      byAttacker(() => ({ jku: decoyUrl })),
      'no_matching_key',
    ],
    ['4.16 an x5u of its own', byAttacker(() => ({ x5u: decoyUrl, kid: 'key-1' })), wrongSignature],
    ['4.16 an x5c of its own', byAttacker(() => ({ x5c: ['MIIB'], kid: 'key-1' })), wrongSignature],
    ['4.18 an unknown critical header', byHand(() => ({ crit: ['x'], x: 1 })), 'critical_header'],
    ['4.18 an empty list of critical headers', byHand(() => ({ crit: [] })), 'critical_header'],
    ['4.18 an unencoded payload', byHand(() => ({ crit: ['b64'], b64: false })), 'critical_header'],
  ])

  acceptEach(stage, [
    ['4.04 a token signed by hand', byHand(() => ({}))],
    [
      '4.16 a well signed token with header keys that nobody needs',
      byHand(() => ({ jku: decoyUrl, x5u: decoyUrl, jwk: attacker.jwk })),
    ],
    ['4.18 a header that is unknown but not critical', byHand(() => ({ x: 1 }))],
  ])

  test('4.16 no key was ever looked for where a token said', async () => {
    expect(decoyConnections).toBe(0)
    await fetch(decoyUrl)
    expect(decoyConnections).toBe(1)
  })
})
