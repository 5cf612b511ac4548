import { createDecipheriv, createHash, createHmac, createPublicKey, verify } from 'node:crypto'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Emulator, emulatedProviders, startEmulator } from '../../src/emulator/index.ts'
import { dancer, json } from './dance.ts'
import { type Received, startReceiver } from './receiver.ts'
import { words } from './words.ts'

let app: Awaited<ReturnType<typeof startReceiver>>
let emulator: Emulator
beforeAll(async () => {
  app = await startReceiver()
  emulator = await startEmulator({
    providers: [...emulatedProviders],
    // Below a path, as a PUBLIC_URL may be.
    redirectUris: (id) => `${app.url}/auth/login/${id}/callback`,
  })
})
afterEach(() => {
  app.answer = () => ({ status: 200 })
  vi.useRealTimers()
})
afterAll(async () => {
  await emulator.close()
  await app.close()
})

const setting = (provider: string, name: string) => emulator.settings[provider]?.[name] ?? ''
const tell = (provider: string, order: Record<string, string | number> = {}) =>
  fetch(`${emulator.origin}/${provider}/emulator/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
  })
/** The request that the app has then got. */
async function toldBy(provider: string, order: Record<string, string | number> = {}) {
  const answer = await tell(provider, order)
  expect(answer.status, await answer.clone().text()).toBe(200)
  return app.last()
}
/** A persona's subject, as a login tells it. */
async function subjectOf(provider: string, login_hint = 'minji'): Promise<string> {
  const redirect_uri = `${app.url}/auth/login/${provider}/callback`
  const play = dancer(emulator, provider)
  const answer = await play.authorize({ login_hint, redirect_uri, state: 's' })
  const text = await answer.text()
  const code =
    /name="code" value="([^"]*)"/.exec(text)?.[1] ??
    new URL(answer.headers.get('location') ?? '').searchParams.get('code')
  const tokens = await json(await play.exchange(code ?? '', { redirect_uri }))
  if (words[provider]?.withoutProfile) return String(decodeJwt(tokens.id_token).sub)
  const profile = await json(await play.get('USERINFO_ENDPOINT', tokens.access_token))
  return String(words[provider]?.subject(profile))
}
const form = ({ body }: Received) => Object.fromEntries(new URLSearchParams(body))
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text)
const now = () => Math.floor(Date.now() / 1000)

/** Whether a request is proven, by what Latchkey is given of the provider and nothing else. */
const proven: Record<string, (request: Received) => boolean | Promise<boolean>> = {
  kakao: async (request) =>
    request.headers['content-type'] === 'application/secevent+jwt'
      ? isSigned(request.body, 'kakao', setting('kakao', 'JWKS_URI'), setting('kakao', 'ISSUER'))
      : request.headers.authorization === `KakaoAK ${setting('kakao', 'ADMIN_KEY')}`,
  naver: (request) => {
    const { clientId, encryptUniqueId, timestamp, signature } = naverValues(request)
    const text = `clientId=${clientId}&encryptUniqueId=${encryptUniqueId}&timestamp=${timestamp}`
    return signature === hmac(naverKey(), text).digest('base64url')
  },
  facebook: (request) => {
    const [signature, payload = ''] = (form(request).signed_request ?? '').split('.')
    return signature === hmac(setting('facebook', 'CLIENT_SECRET'), payload).digest('base64url')
  },
  apple: ({ body }) =>
    isSigned(
      (JSON.parse(body) as { payload: string }).payload,
      'apple',
      setting('apple', 'JWKS_URI'),
      setting('apple', 'ISSUER'),
    ),
  google: async ({ body }) => {
    const { issuer, jwks_uri } = await json(await fetch(setting('google', 'RISC_CONFIGURATION')))
    expect(issuer).toBe(`${setting('google', 'ISSUER')}/`)
    return isSigned(body, 'google', jwks_uri, issuer)
  },
  github: ({ headers, body }) =>
    headers['x-hub-signature-256'] ===
    `sha256=${hmac(setting('github', 'WEBHOOK_SECRET'), body).digest('hex')}`,
  discord: ({ headers, body }) => {
    const x = Buffer.from(setting('discord', 'PUBLIC_KEY'), 'hex').toString('base64url')
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    const text = Buffer.from(`${headers['x-signature-timestamp']}${body}`)
    return verify(null, text, key, Buffer.from(headers['x-signature-ed25519'] ?? '', 'hex'))
  },
  twitch: ({ headers, body }) => {
    const [id, timestamp] = ['id', 'timestamp'].map(
      (one) => headers[`twitch-eventsub-message-${one}`],
    )
    const mac = hmac(setting('twitch', 'EVENTSUB_SECRET'), `${id}${timestamp}${body}`)
    return headers['twitch-eventsub-message-signature'] === `sha256=${mac.digest('hex')}`
  },
  slack: ({ headers, body }) => {
    const text = `v0:${headers['x-slack-request-timestamp']}:${body}`
    const mac = hmac(setting('slack', 'SIGNING_SECRET'), text).digest('hex')
    return headers['x-slack-signature'] === `v0=${mac}`
  },
}

async function isSigned(jwt: string, id: string, jwksUri: string, issuer: string) {
  const keys = createRemoteJWKSet(new URL(jwksUri))
  const audience = setting(id, 'CLIENT_ID')
  return jwtVerify(jwt, keys, { issuer, audience, algorithms: ['RS256'] }).then(
    () => true,
    () => false,
  )
}

const naverKey = () => createHash('md5').update(setting('naver', 'CLIENT_SECRET')).digest()
function naverValues(request: Received): Record<string, string> {
  if (request.headers['content-type'] === 'application/json') return JSON.parse(request.body)
  return { ...Object.fromEntries(request.query), ...form(request) }
}

/** Whom a request is about and when it happened (null where it does not say), by provider. */
const told: Record<string, (request: Received) => { who: string; at: number | null }> = {
  kakao: (request) => {
    if (request.headers['content-type'] !== 'application/secevent+jwt') {
      const { user_id = '' } = { ...Object.fromEntries(request.query), ...form(request) }
      return { who: user_id, at: null }
    }
    const { sub, toe, events } = decodeJwt(request.body)
    const [event] = Object.values(events as Record<string, { subject: { sub: string } }>)
    expect(event?.subject.sub).toBe(sub)
    return { who: String(sub), at: Number(toe) }
  },
  naver: (request) => {
    const { encryptUniqueId = '', timestamp } = naverValues(request)
    const sealed = Buffer.from(encryptUniqueId, 'base64url')
    const cipher = createDecipheriv('aes-128-cbc', naverKey(), sealed.subarray(0, 16))
    const who = cipher.update(sealed.subarray(16)).toString() + cipher.final().toString()
    return { who, at: Number(timestamp) }
  },
  facebook: (request) => {
    const payload = form(request).signed_request?.split('.')[1] ?? ''
    const data = JSON.parse(Buffer.from(payload, 'base64url').toString())
    expect(data.algorithm).toBe('HMAC-SHA256')
    return { who: data.user_id, at: data.issued_at }
  },
  apple: ({ body }) => {
    const { events } = decodeJwt((JSON.parse(body) as { payload: string }).payload)
    const { sub, event_time } = JSON.parse(String(events))
    return { who: sub, at: event_time / 1000 }
  },
  google: ({ body }) => {
    const { events, iat } = decodeJwt(body)
    const [event] = Object.values(events as Record<string, { subject: { sub: string } }>)
    return { who: event?.subject.sub ?? '', at: Number(iat) }
  },
  github: ({ body, headers }) => {
    const isForm = headers['content-type']?.includes('form') === true
    const text = isForm ? (new URLSearchParams(body).get('payload') ?? '') : body
    return { who: String(JSON.parse(text).sender.id), at: null }
  },
  discord: ({ body }) => {
    const { event } = JSON.parse(body)
    return { who: event.data.user.id, at: Date.parse(event.timestamp) / 1000 }
  },
  twitch: ({ body, headers }) => {
    const timestamp = headers['twitch-eventsub-message-timestamp'] ?? ''
    expect(timestamp).toMatch(/\.\d{9}Z$/)
    return { who: JSON.parse(body).event.user_id, at: Math.floor(Date.parse(timestamp) / 1000) }
  },
  slack: ({ body, headers }) => {
    const { team_id, event } = JSON.parse(body)
    const at = Number(headers['x-slack-request-timestamp'])
    return { who: `${team_id}:${event.tokens.oauth[0]}`, at }
  },
}

/** Every kind that says that somebody disconnected, each in another shape. */
const disconnects: [provider: string, kind: string][] = [
  ['kakao', 'unlink'],
  ['kakao', 'unlink-by-get'],
  ['kakao', 'user-unlinked'],
  ['naver', 'disconnect'],
  ['naver', 'disconnect-in-query'],
  ['naver', 'disconnect-as-json'],
  ['facebook', 'deauthorize'],
  ['facebook', 'data-deletion'],
  ['apple', 'consent-revoked'],
  ['google', 'tokens-revoked'],
  ['github', 'revoked'],
  ['github', 'revoked-as-form'],
  ['discord', 'deauthorized'],
  ['twitch', 'revoke'],
  ['slack', 'tokens-revoked'],
]

test('these providers tell, and no other', () => {
  expect([...new Set(disconnects.map(([provider]) => provider))].sort()).toEqual(
    Object.keys(proven).sort(),
  )
})

describe.each(disconnects)('%s, %s', (provider, kind) => {
  const read = (request: Received) => told[provider]?.(request)

  test('is proven, names the person and the time, and goes to the app’s address', async () => {
    const who = await subjectOf(provider, 'alex')
    const request = await toldBy(provider, { kind, persona: 'alex', age: 100 })
    const path = `/auth/providers/${provider}/events`
    expect(request.path).toBe(kind === 'data-deletion' ? `${path}/data-deletion` : path)
    expect(await proven[provider]?.(request)).toBe(true)
    const { who: named, at } = read(request) ?? {}
    expect(named).toBe(who)
    if (at !== null) expect(Math.abs(now() - 100 - (at ?? 0))).toBeLessThan(5)
  })

  test('a forged one is not proven, and names the same', async () => {
    const right = await toldBy(provider, { kind })
    const forged = await toldBy(provider, { kind, variant: 'forged' })
    expect(await proven[provider]?.(right)).toBe(true)
    expect(await proven[provider]?.(forged)).toBe(false)
    expect(Object.keys(forged.headers).sort()).toEqual(Object.keys(right.headers).sort())
  })

  test('a replayed one is the last, byte for byte', async () => {
    const first = await toldBy(provider, { kind, persona: 'yuki' })
    const again = await toldBy(provider, { kind, persona: 'yuki', variant: 'replayed' })
    expect(again).toEqual(first)
    expect((await tell(provider, { kind, persona: 'odd', variant: 'replayed' })).status).toBe(409)
  })
})

test('a late one is of a month ago, and proven', async () => {
  for (const provider of ['kakao', 'naver', 'facebook', 'apple', 'google', 'discord', 'twitch']) {
    const kind = provider === 'kakao' ? 'user-unlinked' : ''
    const late = await toldBy(provider, { kind, variant: 'late' })
    expect(await proven[provider]?.(late), provider).toBe(true)
    const { at } = told[provider]?.(late) ?? {}
    expect(now() - (at ?? 0), provider).toBeGreaterThan(30 * 86_400)
  }
})

test('one of a key that is not published names that key; one about another app names that app', async () => {
  const keyOf = (jwt: string) =>
    JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString())
  const order = { kind: 'user-unlinked' }
  const { body: right } = await toldBy('kakao', order)
  const { body: forged } = await toldBy('kakao', { ...order, variant: 'forged' })
  const { body: unknown } = await toldBy('kakao', { ...order, variant: 'unknown_key' })
  expect(keyOf(right)).toMatchObject({ typ: 'secevent+jwt', alg: 'RS256' })
  expect(keyOf(forged).kid).toBe(keyOf(right).kid)
  expect(keyOf(unknown).kid).not.toBe(keyOf(right).kid)
  const { body: foreign } = await toldBy('kakao', { ...order, variant: 'other_app' })
  expect(decodeJwt(right).aud).toBe(setting('kakao', 'CLIENT_ID'))
  expect(decodeJwt(foreign).aud).not.toBe(setting('kakao', 'CLIENT_ID'))
})

test('Kakao’s own check can fail on two people in one event; Google’s final form names one beside it', async () => {
  type Events = Record<string, { subject?: { sub: string } }>
  const { body } = await toldBy('kakao', { kind: 'two-subjects' })
  const { sub, events } = decodeJwt<{ events: Events }>(body)
  const [[uri, event] = []] = Object.entries(events)
  expect(uri).toMatch(/user-unlinked$/)
  expect(event?.subject?.sub).not.toBe(sub)
  const { body: later } = await toldBy('google', { kind: 'sessions-revoked-by-sub-id' })
  const claims = decodeJwt<{ sub_id: object; events: Events }>(later)
  const iss = `${setting('google', 'ISSUER')}/`
  expect(claims.sub_id).toEqual({ format: 'iss_sub', iss, sub: await subjectOf('google') })
  expect(Object.values(claims.events)).toEqual([{}])
})

test('what was disconnected at the provider is: its tokens are over', async () => {
  const redirect_uri = `${app.url}/auth/login/google/callback`
  const play = dancer(emulator, 'google')
  const answer = await play.authorize({ login_hint: 'sora', redirect_uri })
  const code = new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const { access_token } = await json(await play.exchange(code, { redirect_uri }))
  const status = async () => (await play.get('USERINFO_ENDPOINT', access_token)).status
  await toldBy('google', { kind: 'sessions-revoked', persona: 'sora' })
  await toldBy('google', { kind: 'tokens-revoked', persona: 'alex' })
  expect(await status()).toBe(200)
  await toldBy('google', { kind: 'tokens-revoked', persona: 'sora' })
  expect(await status()).toBe(401)
})

test('the control route says what was sent, what came back, and whether that is an answer', async () => {
  app.answer = () => ({ status: 202, headers: { 'x-app': 'y' } })
  const of = async (kind: string, answer?: typeof app.answer) => {
    if (answer) app.answer = answer
    return json(await tell('kakao', { kind }))
  }
  expect(await of('user-unlinked')).toMatchObject({
    kind: 'user-unlinked',
    persona: 'minji',
    variant: null,
    sent: { method: 'POST', url: `${app.url}/auth/providers/kakao/events` },
    answer: { status: 202, headers: { 'x-app': 'y' }, body: '' },
    accepted: true,
  })
  // Kakao wants 200 to the one webhook and 202 to the other.
  expect(await of('unlink')).toMatchObject({ accepted: false })
  expect(await of('unlink', () => ({ status: 200 }))).toMatchObject({ accepted: true })
  expect(await of('user-unlinked')).toMatchObject({ accepted: false })
  const elsewhere = { location: `${app.url}/there` }
  const count = app.received.length
  const redirected = await of('unlink', () => ({ status: 302, headers: elsewhere }))
  expect(redirected).toMatchObject({ answer: { status: 302 }, accepted: false })
  expect(app.received.length).toBe(count + 1)
})

test.each([
  ['naver', 'disconnect', { status: 204 }, { status: 200 }],
  [
    'facebook',
    'data-deletion',
    { status: 200, body: '{"url":"http://a.example/1","confirmation_code":"1"}' },
    { status: 200, body: '{}' },
  ],
  ['apple', 'account-delete', { status: 200 }, { status: 202 }],
  ['google', 'account-disabled', { status: 202 }, { status: 200 }],
  ['github', 'ping', { status: 204 }, { status: 401 }],
  [
    'discord',
    'ping',
    { status: 204, headers: { 'content-type': 'application/json' } },
    { status: 204 },
  ],
  ['discord', 'deauthorized', { status: 204 }, { status: 200 }],
])('%s, %s: only its own answer counts', async (provider, kind, right, wrong) => {
  app.answer = () => right
  expect(await json(await tell(provider, { kind }))).toMatchObject({ accepted: true })
  app.answer = () => wrong
  expect(await json(await tell(provider, { kind }))).toMatchObject({ accepted: false })
})

test('challenges are to be answered: Slack’s echoed, Twitch’s bare', async () => {
  app.answer = ({ body }) => ({ status: 200, body: JSON.parse(body).challenge })
  expect(await json(await tell('slack', { kind: 'url-verification' }))).toMatchObject({
    accepted: true,
  })
  expect(await json(await tell('twitch', { kind: 'verification' }))).toMatchObject({
    accepted: true,
  })
  app.answer = ({ body }) => ({ status: 200, body: ` ${JSON.parse(body).challenge}` })
  expect(await json(await tell('twitch', { kind: 'verification' }))).toMatchObject({
    accepted: false,
  })
  app.answer = () => ({ status: 200 })
  expect(await json(await tell('slack', { kind: 'url-verification' }))).toMatchObject({
    accepted: false,
  })
})

test('an app that does not answer in the provider’s time is told of', async () => {
  app.answer = () => new Promise(() => {})
  const said = await json(await tell('discord', {}))
  expect(said).toMatchObject({ answer: null, failure: 'timeout', accepted: false })
})

test('a page of another site presses no button; one of the emulator’s own does', async () => {
  const press = (headers: Record<string, string>) =>
    fetch(`${emulator.origin}/kakao/emulator/events`, {
      method: 'POST',
      headers,
      body: new URLSearchParams({ kind: 'unlink', persona: 'minji' }),
    })
  expect((await press({ origin: 'https://evil.example' })).status).toBe(403)
  expect((await press({ origin: emulator.origin })).status).toBe(200)
  const wrong = [{ kind: 'constructor' }, { persona: 'nobody' }, { variant: 'x' }, { age: 'soon' }]
  for (const order of wrong) expect((await tell('kakao', order)).status).toBe(400)
})
