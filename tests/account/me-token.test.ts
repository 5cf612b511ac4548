import { createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { CompactEncrypt, FlattenedSign } from 'jose'
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { askMe } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { makeKey } from '../helpers/fake-provider.ts'
import { login } from '../helpers/latchkey.ts'
import { accessClaims, mint, type OwnKey, openOwnKeys } from '../helpers/minting.ts'
import { expectProblem } from '../helpers/problems.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage()
let key: OwnKey
let refusal: string
const people: { sub: string; sid: string }[] = []

beforeAll(async () => {
  for (const subject of ['person-1', 'person-2']) {
    provider.subject = subject
    const { access_token: token } = (await login(latchkey, provider)).json()
    const { sub, sid } = JSON.parse(
      Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString(),
    )
    people.push({ sub, sid })
  }
  const [own] = await openOwnKeys(latchkey)
  if (own === undefined) throw new Error('there is no signing key')
  key = own
  refusal = (await new Browser().send(`${latchkey.url}/me`)).text
  provider.calls.length = 0
})

const me = (token: string) => askMe(latchkey, token)

/** Claims of the first person, with these changed; undefined takes one out. */
const claims = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...accessClaims(latchkey, people[0] ?? { sub: '', sid: '' }),
  ...changes,
})

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const now = () => Math.floor(Date.now() / 1000)

async function expectUnauthorized(token: string): Promise<void> {
  const answer = await me(token)
  expectProblem(answer, 401, 'invalid_token')
  expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
  expect(answer.text).toBe(refusal)
  // Nothing in a token makes us ask anybody.
  expect(provider.calls).toEqual([])
}

test('control: a token that the test signs with our own key opens /me', async () => {
  const answer = await me(await mint(key, claims()))
  expect(answer.status, answer.text).toBe(200)
  expect(answer.json().sub).toBe(people[0]?.sub)
})

describe('8.02 the algorithm', () => {
  test.each(['none', 'None', 'NONE', 'nOnE', ''])('alg %j is refused', async (alg) => {
    const token = `${part({ alg, kid: key.kid, typ: 'at+jwt' })}.${part(claims())}`
    await expectUnauthorized(`${token}.`)
    await expectUnauthorized(token)
    await expectUnauthorized(`${token}.${Buffer.alloc(64).toString('base64url')}`)
  })

  test('HS256 with anything public as its secret is refused', async () => {
    const publicKey = createPublicKey({ key: key.jwk as never, format: 'jwk' })
    const published = (await new Browser().send(`${latchkey.url}/.well-known/jwks.json`)).json()
    const input = `${part({ alg: 'HS256', kid: key.kid, typ: 'at+jwt' })}.${part(claims())}`
    for (const secret of [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify((published.keys as unknown[])[0]),
      key.kid,
      '',
    ]) {
      const mac = createHmac('sha256', secret).update(input).digest('base64url')
      await expectUnauthorized(`${input}.${mac}`)
    }
  })

  test.each(['RS256', 'PS256', 'ES384', 'EdDSA', 'ES256'])(
    "%s with a stranger's key under our kid is refused",
    async (alg) => {
      const stranger = { ...(await makeKey(key.kid, alg)), jwk: key.jwk }
      await expectUnauthorized(await mint(stranger, claims()))
    },
  )

  test('an ES256 signature of zeros, empty, short or in DER is refused', async () => {
    const good = await mint(key, claims())
    const input = good.slice(0, good.lastIndexOf('.'))
    const der = '3006020100020100'
    for (const signature of [
      Buffer.alloc(64),
      Buffer.alloc(0),
      Buffer.alloc(63, 1),
      Buffer.from(der, 'hex'),
    ]) {
      await expectUnauthorized(`${input}.${signature.toString('base64url')}`)
    }
    expect((await me(good)).status).toBe(200)
  })
})

describe('8.03 the form', () => {
  test('a changed payload or header, or one bit of the signature, is refused', async () => {
    const good = await mint(key, claims())
    const [header = '', payload = '', signature = ''] = good.split('.')
    const bytes = Buffer.from(signature, 'base64url')
    bytes[20] = (bytes[20] ?? 0) ^ 1
    const other = people[1] ?? { sub: '', sid: '' }
    // It is remembered from here on, and found by what the forgeries have, too.
    expect((await me(good)).status).toBe(200)
    await expectUnauthorized(`${header}.${part(claims(other))}.${signature}`)
    await expectUnauthorized(`${header}.${payload}.${bytes.toString('base64url')}`)
    await expectUnauthorized(
      `${part({ alg: 'ES256', kid: key.kid, typ: 'AT+jwt', x: 1 })}.${payload}.${signature}`,
    )
    expect((await me(good)).status).toBe(200)
  })

  test.each<[string, (good: string) => string]>([
    ['a fourth part', (good) => `${good}.x`],
    ['an empty fourth part', (good) => `${good}.`],
    ['padding', (good) => `${good}=`],
    ['a point before it', (good) => `.${good}`],
    ['two parts', (good) => good.split('.').slice(0, 2).join('.')],
    ['points only', () => '..'],
    ['no point', () => 'abc'],
    ['a part that is no JSON', (good) => `${good.split('.')[0]}.AAAA.${good.split('.')[2]}`],
    ['a header that is null', (good) => `${part(null)}.${good.split('.').slice(1).join('.')}`],
    ['a header that is a list', (good) => `${part([])}.${good.split('.').slice(1).join('.')}`],
  ])('a token with %s is refused', async (_name, spoil) => {
    await expectUnauthorized(spoil(await mint(key, claims())))
  })

  test('a JWS as JSON and a JWE are refused', async () => {
    const json = await new FlattenedSign(Buffer.from(JSON.stringify(claims())))
      .setProtectedHeader({ alg: 'ES256', kid: key.kid, typ: 'at+jwt' })
      .sign(key.privateKey)
    await expectUnauthorized(JSON.stringify(json))
    const jwe = await new CompactEncrypt(Buffer.from(JSON.stringify(claims())))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: key.kid, typ: 'at+jwt' })
      .encrypt(Buffer.alloc(32))
    await expectUnauthorized(jwe)
  })
})

describe('8.04 the times', () => {
  test.each<[string, () => Record<string, unknown>]>([
    ['exp a second ago', () => ({ exp: now() - 1 })],
    ['exp now', () => ({ exp: now() })],
    ['exp as text', () => ({ exp: String(now() + 300) })],
    ['exp missing', () => ({ exp: undefined })],
    ['exp null', () => ({ exp: null })],
    ['nbf in two minutes', () => ({ nbf: now() + 120 })],
    ['iat in two minutes', () => ({ iat: now() + 120 })],
    ['iat missing', () => ({ iat: undefined })],
    ['iat as text', () => ({ iat: String(now()) })],
  ])('%s is refused', async (_name, changes) => {
    await expectUnauthorized(await mint(key, claims(changes())))
  })

  test('control: exp in ten seconds, nbf in the past and iat of a clock 30 s ahead are accepted', async () => {
    const changes = { exp: now() + 10, nbf: now() - 1, iat: now() + 30 }
    expect((await me(await mint(key, claims(changes)))).status).toBe(200)
  })

  test('a token that was accepted is refused once it has expired', async () => {
    const token = await mint(key, claims({ exp: now() + 60 }))
    expect((await me(token)).status).toBe(200)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
    onTestFinished(() => void vi.useRealTimers())
    await expectUnauthorized(token)
  })
})

describe('8.05 the parties', () => {
  test.each<[string, () => Record<string, unknown>]>([
    ['iss of a stranger', () => ({ iss: 'https://evil.example' })],
    ['iss with a slash more', () => ({ iss: `${latchkey.url}/` })],
    ['iss missing', () => ({ iss: undefined })],
    ['iss as a list', () => ({ iss: [latchkey.url] })],
    ['aud of a stranger', () => ({ aud: 'https://api.example' })],
    ['aud of a client', () => ({ aud: 'latchkey' })],
    ['aud missing', () => ({ aud: undefined })],
    ['aud empty', () => ({ aud: [] })],
    ['sub missing', () => ({ sub: undefined })],
    ['sub that is no id', () => ({ sub: 'person-1' })],
    ['sub of nobody', () => ({ sub: '01890000-0000-7000-8000-000000000000' })],
    ['sub of another user', () => ({ sub: people[1]?.sub })],
    ['sid missing', () => ({ sid: undefined })],
    ['sid of nobody', () => ({ sid: '01890000-0000-7000-8000-000000000000' })],
    ['sid of another user', () => ({ sid: people[1]?.sid })],
    ['client_id missing', () => ({ client_id: undefined })],
    ['scope missing', () => ({ scope: undefined })],
    ['jti missing', () => ({ jti: undefined })],
  ])('%s is refused', async (_name, changes) => {
    await expectUnauthorized(await mint(key, claims(changes())))
  })

  test('control: our audience among others is accepted', async () => {
    const aud = ['https://api.example', latchkey.url]
    expect((await me(await mint(key, claims({ aud })))).status).toBe(200)
  })
})

describe('8.06 the type', () => {
  test.each([['JWT'], ['id+jwt'], ['logout+jwt'], ['at'], [''], [undefined], [null], [1]])(
    'typ %j is refused',
    async (typ) => {
      await expectUnauthorized(await mint(key, claims(), { typ }))
    },
  )

  test.each(['at+jwt', 'application/at+jwt'])('control: typ %s is accepted', async (typ) => {
    expect((await me(await mint(key, claims(), { typ }))).status).toBe(200)
  })
})

describe('8.08 the kid', () => {
  test.each([
    ['../../../../etc/passwd'],
    ["' or 1=1 --"],
    ['__proto__'],
    ['constructor'],
    [''],
    [null],
    [0],
    [undefined],
    [['a']],
    ['k'.repeat(5_000)],
    ['unknown'],
  ])('a kid %.30j finds no key', async (kid) => {
    await expectUnauthorized(await mint(key, claims(), { kid }))
  })
})

describe('8.09 keys that a token brings along', () => {
  test.each(['jku', 'x5u', 'jwk', 'x5c'])('%s is not looked at', async (name) => {
    const stranger = await makeKey('strangers', 'ES256')
    const brought = {
      jku: `${provider.issuer}/jwks`,
      x5u: `${provider.issuer}/jwks`,
      jwk: stranger.jwk,
      x5c: ['MIIB'],
    }[name]
    for (const kid of ['strangers', key.kid]) {
      const token = await mint({ ...stranger, jwk: key.jwk }, claims(), { kid, [name]: brought })
      await expectUnauthorized(token)
    }
    // The same header on a token of ours changes nothing: it is signed, and it is not looked at.
    expect((await me(await mint(key, claims(), { [name]: brought }))).status).toBe(200)
  })

  test('a critical header that nobody knows is refused', async () => {
    const input = `${part({ alg: 'ES256', kid: key.kid, typ: 'at+jwt', crit: ['x'], x: 1 })}.${part(claims())}`
    const signature = sign('sha256', Buffer.from(input), {
      key: createPrivateKey({ key: key.jwk as never, format: 'jwk' }),
      dsaEncoding: 'ieee-p1363',
    })
    await expectUnauthorized(`${input}.${signature.toString('base64url')}`)
  })
})

test('8.12 a thousand tokens of two users, interleaved and repeated, each show their own', async () => {
  const tokens = await Promise.all(
    Array.from({ length: 1000 }, async (_, n) => {
      const person = people[n % 2] ?? { sub: '', sid: '' }
      return { sub: person.sub, token: await mint(key, claims(person)) }
    }),
  )
  expect(new Set(tokens.map(({ token }) => token)).size).toBe(1000)
  for (let from = 0; from < tokens.length; from += 50) {
    const batch = tokens.slice(from, from + 50)
    const answers = await Promise.all([...batch, ...batch].map(({ token }) => me(token)))
    const seen = answers.map((answer) => answer.json().sub)
    expect(seen).toEqual([...batch, ...batch].map(({ sub }) => sub))
  }
  // A remembered token helps none that only begins or ends like it.
  const good = tokens[0]?.token ?? ''
  await expectUnauthorized(`${good}A`)
  await expectUnauthorized(good.slice(0, -1))
})
