import { describe, expect, test } from 'vitest'
import { age } from '../helpers/age.ts'
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
import type { Reply } from '../helpers/fake-provider.ts'
import { countRows, startLogin } from '../helpers/latchkey.ts'
import {
  expectNoSecretLogged,
  expectProblem,
  expectTold,
  lastProblem,
} from '../helpers/problems.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage({ settings: APPS })

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
  // Its cookie is kept for a minute, for the browser that comes again.
  expect(answer.headers.getSetCookie()).toContainEqual(expect.stringMatching(/flow-.*Max-Age=60;/))
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
    ['plain', { code_challenge_method: 'plain' }, /'code_challenge_method' must be S256/],
    ['no method, which means plain', { code_challenge_method: null }, /must be S256/],
    ['s256 in lower case', { code_challenge_method: 's256' }, /must be S256/],
    [
      '42 characters',
      { code_challenge: 'a'.repeat(42) },
      /'code_challenge' must be 43 base64url characters/,
    ],
    ['44 characters', { code_challenge: 'a'.repeat(44) }, /must be 43/],
    ['129 characters', { code_challenge: 'a'.repeat(129) }, /must be 43/],
    ['base64 with padding', { code_challenge: `${'a'.repeat(42)}=` }, /must be 43/],
  ])(
    'a public client with %s is refused at its redirect URI',
    async (_name, parameters, detail) => {
      const told = expectTold(await start(parameters), 'invalid_request', { iss: latchkey.url })
      expect(told).toMatch(detail)
      expect(provider.count('token')).toBe(0)
    },
  )

  test('a public client with S256, a confidential one without, and cookie mode are accepted', async () => {
    for (const parameters of [
      { code_challenge: CHALLENGE },
      { ...web, ...noChallenge },
      { ...web },
      { ...noChallenge, response_mode: 'cookie' },
    ]) {
      expect((await start(parameters)).status).toBe(302)
    }
    const plain = { ...web, code_challenge: CHALLENGE, code_challenge_method: null }
    const to = { iss: latchkey.url, redirectUri: 'https://web.example.com/cb?from=latchkey' }
    expect((await start(plain)).location?.searchParams.get('error')).toBe('invalid_request')
    expect((await start(plain)).location?.href.startsWith(`${to.redirectUri}&error=`)).toBe(true)
    // A popup is told in its own way.
    const popup = await start({ ...noChallenge, response_mode: 'web_message' })
    expect([popup.status, popup.location]).toEqual([200, null])
    expect(popup.text).toContain('&quot;error&quot;:&quot;invalid_request&quot;')
  })
})

test.each<[string, Parameters, string]>([
  ['response_type=token', { response_type: 'token' }, 'unsupported_response_type'],
  ['response_type=code id_token', { response_type: 'code id_token' }, 'unsupported_response_type'],
  ['response_mode=fragment', { response_mode: 'fragment' }, 'invalid_request'],
  ['a scope with a quote', { scope: 'open"id' }, 'invalid_scope'],
  ['scopes between commas', { scope: 'openid,profile,other' }, 'invalid_scope'],
  ['scopes between spaces that were encoded twice', { scope: 'openid%20profile' }, 'invalid_scope'],
  ['a resource that it does not list', { resource: 'https://other.example' }, 'invalid_target'],
  ['a request object', { request: 'eyJ' }, 'request_not_supported'],
  ['one by reference', { request_uri: 'urn:x' }, 'request_uri_not_supported'],
  ['prompt=none beside another', { prompt: 'none login' }, 'invalid_request'],
  ['a max_age that is no number', { max_age: 'soon' }, 'invalid_request'],
  ['another intent', { intent: 'steal' }, 'invalid_request'],
  ['a nonce with a NUL', { nonce: 'a\0b' }, 'invalid_request'],
])('%s is told to the client', async (_name, parameters, error) => {
  expectTold(await start(parameters), error, { iss: latchkey.url })
  // The sign-in page is not even shown.
  const page = await new Browser().send(`${latchkey.url}/login${authorizationQuery(parameters)}`, {
    headers: { accept: 'text/html' },
  })
  expectTold(page, error, { iss: latchkey.url })
  expect((await start({})).status).toBe(302)
})

test('a state with a NUL is told to the client, with the state as it was', async () => {
  const state = 'a\0b'
  expectTold(await start({ state }), 'invalid_request', { iss: latchkey.url, state })
})

test('a mode that the client does not list, or that its redirect URI cannot take, is told by query', async () => {
  const other = { client_id: 'other', redirect_uri: 'https://other.example.com/cb' }
  const to = { iss: latchkey.url, redirectUri: other.redirect_uri }
  const cookie = { ...other, ...noChallenge, response_mode: 'cookie' }
  expectTold(await start(cookie), 'unauthorized_client', to)
  const app = { client_id: 'native', redirect_uri: 'com.example.app:/cb' }
  for (const response_mode of ['web_message', 'form_post']) {
    const answer = await start({ ...app, response_mode })
    expect(answer.headers.get('location')).toMatch(
      /^com\.example\.app:\/cb\?error=invalid_request&/,
    )
  }
})

test('cookies without a client are refused here: there is nobody to tell', async () => {
  const answer = await start({ client_id: null, redirect_uri: null, response_mode: 'cookie' })
  expectProblem(answer, 400, 'invalid_request')
  expect(answer.json().detail).toMatch(/needs a redirect_uri/)
})

test('the state comes back only where exactly one was sent; a parameter that stands twice is told', async () => {
  const query = authorizationQuery({ state: 'one' })
  const send = (more: string) => new Browser().send(`${latchkey.url}/login/fake${query}${more}`)
  expectTold(await send('&state=two'), 'invalid_request', { iss: latchkey.url, state: null })
  expectTold(await send('&scope=a&scope=b'), 'invalid_request', { iss: latchkey.url, state: 'one' })
  const twice = '&resource=https://a.example&resource=https://b.example'
  expectTold(await send(twice), 'invalid_target', { iss: latchkey.url, state: 'one' })
  // Whom to answer must be clear first.
  for (const name of ['client_id', 'redirect_uri']) {
    expectProblem(await send(`&${name}=x`), 400, 'invalid_request')
  }
})

test('a provider that is not enabled is told to the client', async () => {
  const query = authorizationQuery()
  const told = await new Browser().send(`${latchkey.url}/login/nobody${query}`)
  expectTold(told, 'invalid_request', { iss: latchkey.url })
  expectTold(
    await new Browser().send(`${latchkey.url}/login${query}&provider=nobody`),
    'invalid_request',
    { iss: latchkey.url },
  )
  expectProblem(await new Browser().send(`${latchkey.url}/login/nobody`), 404, 'unknown_provider')
})

test('a fault is told with the state as it was sent, but for one that nothing would carry back', async () => {
  const post = (state: string) => {
    const { client_id, redirect_uri } = SPA
    const body = new URLSearchParams({ client_id, redirect_uri, state })
    return new Browser().send(`${latchkey.url}/login`, { method: 'POST', body })
  }
  const long = 'é'.repeat(2_000)
  expectTold(await post(long), 'invalid_request', { state: long, iss: latchkey.url })
  const answer = await post('é'.repeat(6_000))
  expectProblem(answer, 400, 'invalid_request')
  expect(answer.location).toBeNull()
  expect(lastProblem(latchkey)).toMatchObject({ reason: 'state_too_long' })
})

test('POST /login with a form is GET /login', async () => {
  const post = (parameters: Parameters, more: Record<string, string> = {}) => {
    const body = new URLSearchParams(authorizationQuery(parameters).slice(1))
    for (const [name, value] of Object.entries(more)) body.set(name, value)
    return new Browser().send(`${latchkey.url}/login`, { method: 'POST', body })
  }
  const page = await post({})
  expect([page.status, page.text.includes('/login/fake?client_id=spa')]).toEqual([200, true])
  const gone = await post({}, { provider: 'fake' })
  expect([gone.status, gone.location?.origin]).toEqual([302, provider.issuer])
  expectTold(await post({ response_type: 'token' }), 'unsupported_response_type', {
    iss: latchkey.url,
  })
  expectProblem(await post({ client_id: 'nobody' }), 400, 'invalid_request')
})

describe('3.14 the state of the app', () => {
  test.each([
    'a',
    '&#%"<>\' +=?/\\;,',
    '%26%23',
    '🧑‍🚀 한국어 ünï',
    '\r\nLocation: https://evil.example\r\n',
    '\u0001\u2028',
    '&code=forged&iss=forged#fragment',
    'a'.repeat(2048),
    // As long, and of what is longer in JSON.
    '"'.repeat(2048),
    '\\\n\u0001'.repeat(512).padEnd(2048, '"'),
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
      const state = 'a'.repeat(length)
      const told = expectTold(await start({ state }), 'invalid_request', {
        iss: latchkey.url,
        state,
      })
      expect(told).toMatch(/'state'|too long together/)
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
    ['a silent one cannot be', nothing, { code: null, error: 'login_required' }, 'login_required'],
    ['another error', nothing, { code: null, error: 'out_of_beans' }, 'server_error'],
    [
      'declined, with no iss',
      nothing,
      { code: null, error: 'access_denied', iss: null },
      'access_denied',
    ],
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
    expect(answer.location?.href).not.toMatch(/img|evil|Set-Cookie|beans|html/)
    expect(answer.headers.get('location')?.startsWith(`${SPA.redirect_uri}?error=`)).toBe(true)
    expect(await countRows(latchkey)).toEqual(before)
    // Its cookie is kept for a minute, for the browser that comes again.
    expect(answer.headers.getSetCookie()).toContainEqual(
      expect.stringMatching(/flow-.*Max-Age=60;/),
    )
    expectNoSecretLogged(latchkey, { description: '<img src=x>', secret: 'secret-at-fake' })
    // The flow is over: the same error again, and later the page.
    const calls = provider.count('token')
    expect((await browser.send(again.callback())).location?.href).toBe(answer.location?.href)
    expect(provider.count('token')).toBe(calls)
    await age(latchkey, '61 seconds')
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
