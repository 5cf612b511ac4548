import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, describe, expect, test } from 'vitest'
import { useLatchkey } from '../helpers/stage.ts'

const { privateKey, publicKey } = await generateKeyPair('RS256')
const key = { ...(await exportJWK(publicKey)), kid: 'risc', alg: 'RS256', use: 'sig' }
const ISSUER = 'https://accounts.google.com/'

/** Google's document of its security events, and the keys that it names. */
const server = createServer((request, response) => {
  const { port } = server.address() as AddressInfo
  const jwks = `http://127.0.0.1:${port}/keys`
  const document = request.url === '/keys' ? { keys: [key] } : { issuer: ISSUER, jwks_uri: jwks }
  response.setHeader('content-type', 'application/json').end(JSON.stringify(document))
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
afterAll(() => server.close())

const latchkey = useLatchkey({
  GOOGLE_CLIENT_ID: 'app-at-google',
  GOOGLE_CLIENT_SECRET: 'secret-at-google',
  GOOGLE_RISC_CONFIGURATION: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
})
const address = () => `${latchkey.url}/providers/google/events`
const risc = (kind: string) => `https://schemas.openid.net/secevent/risc/event-type/${kind}`

const sign = (
  events: object,
  audience = 'app-at-google',
  more: { iat?: number } & Record<string, unknown> = {},
  issuer = ISSUER,
) =>
  new SignJWT({ events, jti: crypto.randomUUID(), ...more })
    .setProtectedHeader({ alg: 'RS256', kid: 'risc', typ: 'secevent+jwt' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(more.iat)
    .sign(privateKey)

async function send(body: string) {
  const headers = { 'content-type': 'application/secevent+jwt' }
  const answer = await fetch(address(), { method: 'POST', headers, body })
  const line = JSON.parse(latchkey.logs.findLast((one) => one.includes('"provider_event')) ?? '{}')
  const text = await answer.text()
  return { status: answer.status, said: text === '' ? null : JSON.parse(text), line }
}

describe('whose account it is', () => {
  test.each(['https://accounts.google.com/', 'https://accounts.google.com', 'accounts.google.com'])(
    'is said by the issuer as Google writes it: %s',
    async (iss) => {
      const subject = { subject_type: 'iss-sub', iss, sub: '1234' }
      const { status, line } = await send(await sign({ [risc('sessions-revoked')]: { subject } }))
      expect([status, line.outcome]).toEqual([202, 'acted'])
    },
  )

  test.each(['https://accounts.google.com.example', 'https://evil.example/', ''])(
    'is not said by another one: %j',
    async (iss) => {
      const subject = { subject_type: 'iss-sub', iss, sub: '1234' }
      const { status, said } = await send(await sign({ [risc('sessions-revoked')]: { subject } }))
      expect([status, said.err]).toEqual([400, 'invalid_request'])
    },
  )
})

test.each([
  ['https://accounts.google.com/', 202],
  ['https://accounts.google.com', 202],
  ['https://accounts.google.com.example/', 400],
  ['https://evil.example/', 400],
])('a token of the issuer %s is answered %i', async (issuer, expected) => {
  const subject = { subject_type: 'iss-sub', iss: ISSUER, sub: '1234' }
  const token = await sign({ [risc('sessions-revoked')]: { subject } }, undefined, {}, issuer)
  const { status, said } = await send(token)
  expect(status).toBe(expected)
  if (expected === 400) expect(said.err).toBe('invalid_issuer')
})

test.each([
  ['without anything', null],
  ['with a subject of another shape', { subject: 'somebody', sub: 5 }],
  ['with a list', []],
])(
  'an event of an unknown kind %s is acknowledged; of a known kind it is refused',
  async (_, event) => {
    const unknown = await send(await sign({ [risc('recovery-activated')]: event }))
    expect([unknown.status, unknown.line.told]).toEqual([202, 'recovery-activated'])
    const known = await send(await sign({ [risc('sessions-revoked')]: event }))
    expect([known.status, known.said.err]).toEqual([400, 'invalid_request'])
  },
)

test('the name of an unknown kind may be one that every object of JavaScript has', async () => {
  const { status, line } = await send(await sign({ constructor: {} }))
  expect([status, line.told, line.outcome]).toEqual([202, 'constructor', 'nothing'])
})

describe('an event that came before', () => {
  const revoked = {
    [risc('sessions-revoked')]: { subject: { subject_type: 'iss-sub', iss: ISSUER, sub: '1234' } },
  }
  const outcomes = async (...tokens: string[]) => {
    const found: unknown[] = []
    for (const token of tokens) found.push((await send(token)).line.outcome)
    return found
  }

  test('is known by its id', async () => {
    const named = { jti: `one ${crypto.randomUUID()}` }
    const [first, again] = [
      await sign(revoked, undefined, named),
      await sign(revoked, undefined, named),
    ]
    expect(await outcomes(first, again, await sign(revoked))).toEqual([
      'acted',
      'repeated',
      'acted',
    ])
  })

  test.each([undefined, null, ''])(
    'is known by what was signed where its id is %j, however its signature is written',
    async (jti) => {
      const token = await sign(revoked, undefined, { jti, txn: crypto.randomUUID() })
      // 2,048 bits leave four of the last character unused.
      const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      const otherwise = `${token.slice(0, -1)}${letters[letters.indexOf(token.at(-1) ?? '') + 1]}`
      const another = await sign(revoked, undefined, { jti, txn: crypto.randomUUID() })
      expect(await outcomes(token, otherwise, `${token}\n`, another)).toEqual([
        'acted',
        'repeated',
        'repeated',
        'acted',
      ])
    },
  )
})

test('what is left out may be null', async () => {
  const subject = { subject_type: 'iss-sub', iss: null, sub: '1234', user: null }
  const { status, line } = await send(
    await sign({ [risc('sessions-revoked')]: { subject, reason: null } }, 'app-at-google', {
      ...{ toe: null, sub: null, sub_id: null, txn: null },
    }),
  )
  expect([status, line.outcome]).toEqual([202, 'acted'])
})

test('what is no signed token is a malformed request, and a signature of another key is none of ours', async () => {
  for (const body of ['', 'a.b', 'not a token', '{"payload":"x"}']) {
    expect(await send(body)).toMatchObject({ status: 400, said: { err: 'invalid_request' } })
  }
  const good = await sign({ [risc('verification')]: { state: 'x' } })
  const forged = `${good.slice(0, -8)}AAAAAAAA`
  expect(await send(forged)).toMatchObject({ status: 400, said: { err: 'invalid_key' } })
  expect(await send(`${good}\n`)).toMatchObject({ status: 202, said: null })
})

test('the log says what came that changes nothing, and why something is refused', async () => {
  const verification = await send(await sign({ [risc('verification')]: { state: 'x' } }))
  expect(verification.line).toMatchObject({ told: 'verification', outcome: 'nothing' })
  const other = await send(await sign({ [risc('verification')]: {} }, 'app-of-somebody'))
  expect(other.status).toBe(400)
  expect(other.line).toMatchObject({
    reason: 'invalid_audience',
    why: 'It is for another app: app-of-somebody',
  })
})

test('an address that takes no GET says so, and one of a provider that tells nothing is not there', async () => {
  const answer = await fetch(address())
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
  expect((await fetch(`${latchkey.url}/providers/line/events`)).status).toBe(404)
})

test('the description of the address says what providers are answered, and promises no challenge', async () => {
  const { paths } = (await (await fetch(`${latchkey.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { responses: Record<string, object> }>>
  }
  const { get, post } = paths['/providers/{provider}/events'] ?? {}
  expect(get?.responses).toHaveProperty('405')
  expect(post?.responses).not.toHaveProperty('405')
  expect(post?.responses['400']).toHaveProperty(['content', 'application/json'])
  expect(post?.responses['401']).not.toHaveProperty(['headers', 'WWW-Authenticate'])
  expect(paths['/me']?.get?.responses['401']).toHaveProperty(['headers', 'WWW-Authenticate'])
})

test.each([
  ['four minutes from now, as clocks may differ', 4 * 60, 202],
  ['ten minutes from now', 10 * 60, 400],
  ['a day ago', -86_400, 202],
])('a token that says it was made %s', async (_, seconds, expected) => {
  const events = { [risc('sessions-revoked')]: { subject: { iss: ISSUER, sub: '1234' } } }
  const iat = Math.floor(Date.now() / 1000) + seconds
  const { status, said } = await send(await sign(events, undefined, { iat }))
  expect([status, said?.err]).toEqual([expected, expected === 400 ? 'invalid_request' : undefined])
})
