import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  APPS,
  authorizationQuery,
  authorize,
  CHALLENGE,
  type Parameters,
  redeem,
  SPA,
  WEB,
} from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { FakeProvider, type Reply } from '../helpers/fake-provider.ts'
import { countRows, type Latchkey, startLatchkey, startLogin } from '../helpers/latchkey.ts'
import { expectNoSecretLogged, expectProblem, lastProblem } from '../helpers/problems.ts'

const provider = new FakeProvider()
let latchkey: Latchkey

beforeAll(async () => {
  await provider.listen()
  latchkey = await startLatchkey({ ...provider.settings(), ...APPS })
})
beforeEach(() => provider.reset())
afterAll(async () => {
  await latchkey.close()
  await provider.close()
})

const start = (parameters: Parameters) =>
  new Browser().send(`${latchkey.url}/login/fake${authorizationQuery(parameters)}`)
const web = { client_id: WEB.client_id, redirect_uri: WEB.redirect_uri }
const noChallenge = { code_challenge: null, code_challenge_method: null }

test('a login ends with 303 at the client: code, its state and iss, and nothing to keep', async () => {
  const browser = new Browser()
  const answer = await authorize(latchkey, provider, {}, browser)
  expect(answer.status).toBe(303)
  expect(Object.fromEntries(answer.location?.searchParams ?? [])).toEqual({
    code: expect.stringMatching(/^[\w-]{43}\.[\w-]{43}$/),
    state: 'state-of-the-app',
    iss: latchkey.url,
  })
  expect(answer.location?.href.startsWith(`${SPA.redirect_uri}?`)).toBe(true)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
  expect(answer.text).toBe('')
  expect([...browser.jar().keys()]).toEqual([])
})

test('parameters are added to a query that a redirect URI has, and none without a state', async () => {
  const answer = await authorize(latchkey, provider, { ...web, state: null })
  const { href } = answer.location ?? {}
  expect(href).toMatch(
    /^https:\/\/web\.example\.com\/cb\?from=latchkey&code=[\w-]{43}\.[\w-]{43}&iss=[^&]+$/,
  )
  const app = { client_id: 'native', redirect_uri: 'com.example.app:/cb' }
  const native = await authorize(latchkey, provider, app)
  expect(native.headers.get('location')).toMatch(
    /^com\.example\.app:\/cb\?code=[\w-]{43}\.[\w-]{43}&state=/,
  )
})

describe('1.07 PKCE', () => {
  test.each<[string, Parameters, RegExp]>([
    ['none', noChallenge, /must send a code_challenge/],
    ['an empty one', { code_challenge: '' }, /must send a code_challenge/],
    ['a method alone', { code_challenge: null }, /must send a code_challenge/],
    ['plain', { code_challenge_method: 'plain' }, /"code_challenge_method" is malformed/],
    ['no method, which means plain', { code_challenge_method: null }, /must be S256/],
    ['s256 in lower case', { code_challenge_method: 's256' }, /malformed/],
    ['42 characters', { code_challenge: 'a'.repeat(42) }, /"code_challenge" is malformed/],
    ['44 characters', { code_challenge: 'a'.repeat(44) }, /malformed/],
    ['129 characters', { code_challenge: 'a'.repeat(129) }, /malformed/],
    ['base64 with padding', { code_challenge: `${'a'.repeat(42)}=` }, /malformed/],
  ])('a public client with %s is refused', async (_name, parameters, detail) => {
    const answer = await start(parameters)
    expectProblem(answer, 400, 'invalid_request')
    expect(answer.json().detail).toMatch(detail)
    expect([answer.location, answer.headers.getSetCookie()]).toEqual([null, []])
    expect(provider.count('token')).toBe(0)
  })

  test('a public client with S256, a confidential one without, and cookie mode are accepted', async () => {
    for (const parameters of [
      { code_challenge: CHALLENGE },
      { ...web, ...noChallenge },
      { ...web },
      { ...noChallenge, response_mode: 'cookie' },
    ]) {
      expect((await start(parameters)).status).toBe(302)
    }
    const plain = { ...web, code_challenge_method: null }
    expectProblem(await start(plain), 400, 'invalid_request')
    const popup = await start({ ...noChallenge, response_mode: 'web_message' })
    expectProblem(popup, 400, 'invalid_request')
  })
})

test.each<[string, Parameters, RegExp]>([
  ['response_type=token', { response_type: 'token' }, /"response_type" is malformed/],
  ['response_type=code id_token', { response_type: 'code id_token' }, /malformed/],
  ['response_mode=fragment', { response_mode: 'fragment' }, /"response_mode" is malformed/],
  [
    'web_message to an app',
    { client_id: 'native', redirect_uri: 'com.example.app:/cb', response_mode: 'web_message' },
    /http or https redirect_uri/,
  ],
  [
    'cookie without a client',
    { client_id: null, redirect_uri: null, response_mode: 'cookie' },
    /needs a redirect_uri/,
  ],
])('%s is refused', async (_name, parameters, detail) => {
  const answer = await start(parameters)
  expectProblem(answer, 400, 'invalid_request')
  expect(answer.json().detail).toMatch(detail)
  expect(answer.location).toBeNull()
})

describe('3.14 the state of the app', () => {
  test.each([
    'a',
    '&#%"<>\' +=?/\\;,',
    '%26%23',
    '🧑‍🚀 한국어 ünï',
    '\r\nLocation: https://evil.example\r\n',
    '\0\u0001\u2028',
    '&code=forged&iss=forged#fragment',
    'a'.repeat(2048),
  ])('%j comes back as it was', async (state) => {
    const answer = await authorize(latchkey, provider, { state })
    const { searchParams, hash } = answer.location ?? new URL('about:blank')
    expect(searchParams.getAll('state')).toEqual([state])
    expect(searchParams.getAll('code')).toEqual([expect.stringMatching(/^[\w-]{43}\.[\w-]{43}$/)])
    expect(searchParams.getAll('iss')).toEqual([latchkey.url])
    expect(hash).toBe('')
    expect(answer.headers.get('location')).toMatch(/^[\x21-\x7e]+$/)
  })

  test('of 2,800 characters or five kilobytes is refused', async () => {
    for (const length of [2800, 5000]) {
      const answer = await start({ state: 'a'.repeat(length) })
      expectProblem(answer, 400, 'invalid_request')
      expect(answer.json().detail).toMatch(/"state"|too long together/)
    }
  })
})

describe('a failure goes to the client', () => {
  const fail = (step: 'token' | 'userinfo', reply: Reply) => () => {
    provider.answers[step] = reply
  }
  const nothing = () => {}
  test.each<[string, () => void, Record<string, string | null>, string]>([
    ['the person said no', nothing, { code: null, error: 'access_denied' }, 'access_denied'],
    ['another error', nothing, { code: null, error: 'login_required' }, 'server_error'],
    ['code and error', nothing, { error: 'access_denied' }, 'server_error'],
    ['neither', nothing, { code: null }, 'server_error'],
    ['another iss', nothing, { iss: 'https://evil.example' }, 'server_error'],
    [
      'the code was used',
      fail('token', { status: 400, body: { error: 'invalid_grant' } }),
      {},
      'server_error',
    ],
    ['the provider fails', fail('token', { status: 500, body: {} }), {}, 'server_error'],
    ['the provider answers a page', fail('token', { body: '<html>' }), {}, 'server_error'],
    ['no userinfo', fail('userinfo', { status: 500, body: {} }), {}, 'server_error'],
    [
      'the ID token is of somebody else',
      () => {
        provider.idToken = (claims) => ({ ...claims, aud: 'another' })
      },
      {},
      'server_error',
    ],
  ])('%s: 303 with the error, state and iss, and nothing is left', async (...row) => {
    const [, prepare, callback, error] = row
    const started = await startLogin(latchkey, new Browser(), 'fake', authorizationQuery())
    expect(started.start.status).toBe(302)
    prepare()
    const before = await countRows(latchkey)
    const browser = new Browser()
    const again = await startLogin(latchkey, browser, 'fake', authorizationQuery())
    provider.nonce = again.nonce ?? ''
    const evil = {
      error_description: '"><img src=x>\r\nSet-Cookie: a=b',
      error_uri: 'https://evil',
    }
    const answer = await browser.send(again.callback({ ...evil, ...callback }))
    expect(answer.status).toBe(303)
    const told = Object.fromEntries(answer.location?.searchParams ?? [])
    expect(told).toEqual({
      error,
      error_description: expect.stringMatching(/^[A-Z][\x20\x21\x23-\x5b\x5d-\x7e]+\.$/),
      state: 'state-of-the-app',
      iss: latchkey.url,
    })
    expect(answer.location?.href).not.toMatch(/img|evil|Set-Cookie|login_required|html/)
    expect(answer.headers.get('location')?.startsWith(`${SPA.redirect_uri}?error=`)).toBe(true)
    expect(await countRows(latchkey)).toEqual(before)
    expect([...browser.jar().keys()]).toEqual([])
    expectNoSecretLogged(latchkey, { description: '<img src=x>', secret: 'secret-at-fake' })
    // The flow is over: the same callback is not an answer to the client again.
    expectProblem(await browser.send(again.callback()), 400, 'invalid_state')
  })

  test('a user who is disabled: access_denied; a second later, enabled, a code', async () => {
    expect((await authorize(latchkey, provider)).location?.searchParams.has('code')).toBe(true)
    await latchkey.database.query('update latchkey.users set disabled_at = now()', [])
    const denied = await authorize(latchkey, provider)
    expect(denied.location?.searchParams.get('error')).toBe('access_denied')
    await latchkey.database.query('update latchkey.users set disabled_at = null', [])
    expect((await authorize(latchkey, provider)).location?.searchParams.has('code')).toBe(true)
  })

  test('a database that refuses the flow: temporarily_unavailable; nobody signs in', async () => {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser, 'fake', authorizationQuery())
    provider.nonce = started.nonce ?? ''
    const { sql } = latchkey.database
    const answer = await sql.begin(async (lock) => {
      await lock.unsafe('lock table latchkey.finished_flows in access exclusive mode')
      return browser.send(started.callback())
    })
    expect(answer.status).toBe(303)
    expect(answer.location?.searchParams.get('error')).toBe('temporarily_unavailable')
    expect(lastProblem(latchkey)).toMatchObject({ code: 'temporarily_unavailable' })
    expect(provider.count('token')).toBe(0)
  })

  test('of another browser, or of no flow: never', async () => {
    const started = await startLogin(latchkey, new Browser(), 'fake', authorizationQuery())
    for (const callback of [{}, { code: null, error: 'access_denied' }, { state: null }]) {
      const answer = await new Browser().send(started.callback(callback))
      expectProblem(answer, 400, 'invalid_state')
      expect(answer.location).toBeNull()
    }
    expect(provider.count('token')).toBe(0)
  })
})

test('3.18 no fragment and no parameter of the callback reaches the client', async () => {
  const browser = new Browser()
  const started = await startLogin(latchkey, browser, 'fake', authorizationQuery())
  provider.nonce = started.nonce ?? ''
  const extra = {
    access_token: 'x',
    id_token: 'x',
    redirect_uri: 'https://evil.example',
    next: 'x',
  }
  const answer = await browser.send(`${started.callback(extra)}#frag`)
  expect([...(answer.location?.searchParams.keys() ?? [])].sort()).toEqual(['code', 'iss', 'state'])
  expect(answer.location?.href).not.toMatch(/#|evil/)
  const code = answer.location?.searchParams.get('code') ?? ''
  expect((await redeem(latchkey, code)).status).toBe(200)
})
