import { createHmac, createPublicKey, KeyObject } from 'node:crypto'
import { SignJWT } from 'jose'
import { describe } from 'vitest'
import { PUBLIC_KEY_ALGORITHMS } from '../../../src/upstream/id-token/jws.ts'
import { makeKey } from '../../helpers/fake-provider.ts'
import { acceptEach, type Forge, part, refuseEach, type TokenCase } from '../../helpers/id-token.ts'
import { setStage } from '../../helpers/stage.ts'

describe('the algorithm of the ID token', () => {
  const stage = setStage({
    async prepare(provider) {
      provider.keys = [await makeKey('key-1'), await makeKey('key-ec', 'ES256')]
      // `none` and HS256 are advertised beside RS256, which must not help them.
      provider.discovery = (document) => ({
        ...document,
        id_token_signing_alg_values_supported: ['none', 'HS256', 'RS256'],
      })
    },
  })
  const rsa = () => stage.provider.keys[0] as Awaited<ReturnType<typeof makeKey>>
  const ec = () => stage.provider.keys[1]
  const publicKey = () => createPublicKey({ key: rsa().jwk as never, format: 'jwk' })
  const pem = () => publicKey().export({ type: 'spki', format: 'pem' })
  const hs256 =
    (key: () => string | Buffer): Forge =>
    (claims) => {
      const input = `${part({ alg: 'HS256', kid: 'key-1' })}.${part(claims)}`
      return `${input}.${createHmac('sha256', key()).update(input).digest('base64url')}`
    }

  const unsigned = ['none', 'None', 'NONE', 'noNE', '', undefined].flatMap((alg) =>
    ['an empty', 'a junk'].map((signature): TokenCase => {
      const named = alg === undefined ? 'no alg' : `alg "${alg}"`
      return [
        `4.01 ${named} with ${signature} signature`,
        (claims) =>
          `${part({ alg, kid: 'key-1' })}.${part(claims)}.${signature === 'a junk' ? 'anVuaw' : ''}`,
        alg ? 'alg_not_allowed' : 'header',
      ]
    }),
  )
  const shared: [string, () => string | Buffer][] = [
    ['the client secret', () => 'secret-at-fake'],
    ['the public key as PEM', pem],
    ['the public key as PEM after a line break', () => `\n${pem()}`],
    ['the public key as DER', () => publicKey().export({ type: 'spki', format: 'der' })],
    ['the JWK as it is published', () => JSON.stringify(rsa().jwk)],
  ]

  refuseEach(stage, [
    ...unsigned,
    ...shared.map(
      ([name, key]): TokenCase => [`4.02 HS256 by ${name}`, hs256(key), 'alg_not_allowed'],
    ),
    [
      '4.03 ES256 by a published key where RS256 is advertised',
      (claims) => stage.provider.sign(claims, ec()),
      'alg_not_allowed',
    ],
    [
      '4.03 PS256 by the RSA key itself',
      (claims) =>
        new SignJWT(claims)
          .setProtectedHeader({ alg: 'PS256', kid: 'key-1' })
          .sign(KeyObject.from(rsa().privateKey)),
      'alg_not_allowed',
    ],
    [
      '4.03 RS256 under the kid of an EC key',
      (claims) => stage.provider.sign(claims, rsa(), { kid: 'key-ec' }),
      'no_matching_key',
    ],
  ])
})

describe('the algorithm of the ID token where ES256 and PS256 are advertised', () => {
  const stage = setStage({
    async prepare(provider) {
      provider.keys = [
        await makeKey('key-ec', 'ES256'),
        await makeKey('key-ps', 'PS256'),
        await makeKey('key-rsa'),
      ]
      provider.discovery = (document) => ({
        ...document,
        id_token_signing_alg_values_supported: ['ES256', 'PS256'],
      })
    },
  })
  const key = (place: number) => stage.provider.keys[place]

  acceptEach(stage, [
    ['4.03 ES256 by the same published key', (claims) => stage.provider.sign(claims, key(0))],
    ['4.03 PS256', (claims) => stage.provider.sign(claims, key(1))],
  ])
  refuseEach(stage, [
    [
      '4.03 RS256, though it is published and signs well,',
      (claims) => stage.provider.sign(claims, key(2)),
      'alg_not_allowed',
    ],
    [
      '4.04 ES256 with r and s of zero',
      async (claims) =>
        (await stage.provider.sign(claims)).replace(/[^.]*$/, part(Buffer.alloc(64))),
      'signature',
    ],
  ])
})

describe('every algorithm with a key pair', () => {
  const algorithms = PUBLIC_KEY_ALGORITHMS.filter((alg) => alg !== 'Ed25519')
  const stage = setStage({
    async prepare(provider) {
      provider.keys = await Promise.all(algorithms.map((alg) => makeKey(`key-${alg}`, alg)))
      provider.discovery = (document) => ({
        ...document,
        id_token_signing_alg_values_supported: algorithms,
      })
    },
  })
  const key = (alg: string) => stage.provider.keys[algorithms.indexOf(alg)]

  acceptEach(
    stage,
    algorithms.flatMap((alg) => [
      [`4.03 ${alg}`, (claims) => stage.provider.sign(claims, key(alg))],
      // The keys of other algorithms do not stand in its way.
      [
        `4.03 ${alg} without a kid`,
        (claims) => stage.provider.sign(claims, key(alg), { kid: undefined }),
      ],
    ]),
  )
  refuseEach(
    stage,
    algorithms.map(
      (alg): TokenCase => [
        `4.04 ${alg} with a signature of another token`,
        async (claims) => {
          const [header, payload] = (await stage.provider.sign(claims, key(alg))).split('.')
          const other = await stage.provider.sign({ ...claims, name: 'Other' }, key(alg))
          return `${header}.${payload}.${other.split('.')[2]}`
        },
        'signature',
      ],
    ),
  )
})
