import { describe, expect, test } from 'vitest'
import { APPS, authorizationQuery, SPA, signIn } from '../helpers/apps.ts'
import { type Answer, Browser } from '../helpers/browser.ts'
import { APP_ORIGIN } from '../helpers/cookie-login.ts'
import { startLogin } from '../helpers/latchkey.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage({
  settings: { ...APPS, CLIENT_API_ORIGINS: 'https://console.example.com' },
})

type Headers = Record<string, string>
const send = (method: string, path: string, headers: Headers = {}, body?: string) =>
  new Browser().send(latchkey.url + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  })
const preflight = (path: string, origin: string, method: string) =>
  send('OPTIONS', path, {
    origin,
    'access-control-request-method': method,
    'access-control-request-headers': 'authorization,content-type',
  })

/** The CORS headers of an answer. */
const corsOf = ({ headers }: Answer) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')))
const varyOf = ({ headers }: Answer) => (headers.get('vary') ?? '').split(', ')

const ROUTES: [method: string, path: string][] = [
  ['POST', '/token'],
  ['POST', '/revoke'],
  ['POST', '/introspect'],
  ['GET', '/me'],
  ['PATCH', '/me'],
  ['GET', '/me/sessions'],
  ['DELETE', '/me/sessions'],
  ['DELETE', '/me/sessions/01890000-0000-7000-8000-000000000000'],
  ['POST', '/me/identities'],
  ['DELETE', '/me/identities/fake'],
  ['GET', '/me/export'],
]
const FOREIGN = [
  'null',
  'https://evil.example',
  'https://app.example.com.evil.example',
  'https://evil.app.example.com',
  'http://app.example.com',
  'https://app-example.com',
  'https://appXexample.com',
  'https://app.example.com:8443',
  'https://app.example.com:443',
  'https://app.example.com/',
  'https://APP.example.com',
  'https://app.example.com https://evil.example',
  'file://',
  '*',
]

describe('10.06 routes that pages of the clients call', () => {
  const allowed = {
    'access-control-allow-origin': APP_ORIGIN,
    'access-control-allow-credentials': 'true',
  }

  test.each(ROUTES)(
    '%s %s may be read by a registered origin, by its exact name',
    async (...row) => {
      for (const origin of [APP_ORIGIN, 'http://localhost:5173', 'https://other.example.com']) {
        const answer = await send(...row, { origin })
        expect(corsOf(answer)).toMatchObject({ ...allowed, 'access-control-allow-origin': origin })
        expect(varyOf(answer)).toContain('Origin')
      }
      const named = { ...allowed, 'access-control-allow-origin': 'https://console.example.com' }
      expect(corsOf(await send(...row, { origin: 'https://console.example.com' }))).toMatchObject(
        named,
      )
      // Origins that are given replace those of the redirect URIs.
      expect(corsOf(await send(...row, { origin: 'https://api.example.com' }))).toEqual({})
    },
  )

  test.each(ROUTES)('%s %s has no CORS header for any other origin', async (method, path) => {
    for (const origin of FOREIGN) {
      for (const answer of [
        await send(method, path, { origin }),
        await preflight(path, origin, method),
      ]) {
        expect(corsOf(answer)).toEqual({})
        expect(varyOf(answer)).toContain('Origin')
      }
    }
    expect(corsOf(await send(method, path))).toEqual({})
  })

  test.each(ROUTES)(
    'the preflight of %s %s names its methods and headers',
    async (method, path) => {
      const answer = await preflight(path, APP_ORIGIN, method)
      expect([answer.status, answer.text]).toEqual([204, ''])
      const cors = corsOf(answer)
      expect(cors).toMatchObject(allowed)
      expect(cors['access-control-allow-methods']?.split(', ')).toContain(method)
      expect(cors['access-control-allow-methods']).not.toMatch(/PUT|TRACE|OPTIONS|\*/)
      expect(cors['access-control-allow-headers']).toBe('Authorization, Content-Type')
    },
  )

  test('a header that the page’s tracing adds keeps no request away, but at foreign origins', async () => {
    const ask = (origin: string) =>
      send('OPTIONS', '/token', {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'baggage,content-type, sentry-trace,x y,baggage',
      })
    expect(corsOf(await ask(APP_ORIGIN))['access-control-allow-headers']).toBe(
      'Authorization, Content-Type, baggage, sentry-trace',
    )
    expect(corsOf(await ask('https://evil.example'))).toEqual({})
  })

  test('a page reads answers, refusals and the reason of a refusal', async () => {
    const { access_token, refresh_token } = await signIn(latchkey, provider)
    const me = { origin: APP_ORIGIN, authorization: `Bearer ${access_token}` }
    const json = { ...me, 'content-type': 'application/json' }
    const form = { origin: APP_ORIGIN, 'content-type': 'application/x-www-form-urlencoded' }
    const body = `grant_type=refresh_token&client_id=spa&refresh_token=${refresh_token}`
    for (const [status, answer] of [
      [200, await send('GET', '/me', me)],
      [401, await send('GET', '/me', { origin: APP_ORIGIN })],
      [400, await send('PATCH', '/me', json, '{"role":"admin"}')],
      [415, await send('PATCH', '/me', { ...me, 'content-type': 'application/x' }, 'x')],
      [404, await send('DELETE', '/me/sessions/x', me)],
      [400, await send('POST', '/token', form, 'grant_type=x')],
      [200, await send('POST', '/token', form, body)],
    ] as const) {
      expect(answer.status, answer.text).toBe(status)
      expect(corsOf(answer)).toMatchObject(allowed)
      expect(varyOf(answer)).toContain('Origin')
      expect(corsOf(answer)['access-control-expose-headers']).toContain('WWW-Authenticate')
    }
  })
})

describe('10.07 what a browser is navigated to', () => {
  test.each([
    '/login',
    '/login/fake',
    '/login/nope',
    '/login/fake/callback',
    '/logout',
    '/logout/fake',
    '/logout/fake/callback',
    '/healthz',
    '/nothing',
  ])('%s has no CORS header for anybody, nor a preflight', async (path) => {
    for (const origin of [APP_ORIGIN, latchkey.url, ...FOREIGN]) {
      expect(corsOf(await send('GET', path, { origin }))).toEqual({})
      const asked = await preflight(path, origin, 'GET')
      expect(corsOf(asked)).toEqual({})
      expect(asked.status).toBeGreaterThanOrEqual(400)
    }
  })

  test('1.10 a callback that succeeds shows its tokens to no page', async () => {
    for (const query of ['', authorizationQuery(SPA)]) {
      const browser = new Browser()
      const started = await startLogin(latchkey, browser, 'fake', query)
      provider.nonce = started.nonce ?? ''
      const headers = { origin: APP_ORIGIN }
      const answer = await browser.send(started.callback(), { headers })
      expect([200, 303]).toContain(answer.status)
      expect(corsOf(answer)).toEqual({})
    }
  })
})

describe('the log says that an origin is not registered', () => {
  const page = { 'sec-fetch-mode': 'cors', 'sec-fetch-site': 'cross-site' }
  test.each<[string, string, Headers, number]>([
    ['a page of another origin', 'https://localhost.example:5173', page, 1],
    ['a page that is registered', APP_ORIGIN, page, 0],
    ['a page of ours', 'https://x.example', { ...page, 'sec-fetch-site': 'same-origin' }, 0],
    ['a program', 'https://x.example', {}, 0],
  ])('where %s calls: %s', async (_who, origin, headers, lines) => {
    latchkey.logs.length = 0
    await send('OPTIONS', '/me', { origin, ...headers })
    await send('POST', '/token', { origin, ...headers }, 'grant_type=x')
    const said = latchkey.logs.map((line) => JSON.parse(line))
    const found = said.filter(({ event }) => event === 'origin_unregistered')
    expect(found).toMatchObject(
      ['/me', '/token'].slice(0, 2 * lines).map((route) => ({ route, origin, level: 'info' })),
    )
  })
})

test.each([
  '/.well-known/jwks.json',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/providers',
  '/openapi.json',
])('a page may ask for %s with headers of its own, which browsers ask for first', async (path) => {
  const answer = await preflight(path, 'https://anywhere.example', 'GET')
  expect([answer.status, answer.text]).toEqual([204, ''])
  expect(corsOf(answer)).toMatchObject({
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET',
    'access-control-allow-headers': '*, Authorization',
  })
  // No cookie goes along.
  expect(corsOf(answer)).not.toHaveProperty('access-control-allow-credentials')
})

test.each([
  '/.well-known/jwks.json',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/providers',
])('the public document %s is for everybody, without credentials', async (path) => {
  for (const origin of [APP_ORIGIN, 'https://evil.example', 'null']) {
    const answer = await send('GET', path, { origin })
    expect(answer.status).toBe(200)
    expect(corsOf(answer)).toEqual({ 'access-control-allow-origin': '*' })
    expect(answer.headers.get('cache-control')).toMatch(/^public, max-age=\d+$/)
  }
})
