import { describe, expect, test } from 'vitest'
import { APPS, authorizationQuery } from '../../helpers/apps.ts'
import { Browser } from '../../helpers/browser.ts'
import { setClock } from '../../helpers/clocks.ts'
import { login, startLatchkey, startLogin } from '../../helpers/latchkey.ts'
import { expectProblem, expectProtected } from '../../helpers/problems.ts'
import { rawRequest } from '../../helpers/raw-request.ts'
import { setStage } from '../../helpers/stage.ts'

const { provider, latchkey } = setStage()

/** Starts a login in a new browser; gives the answer, whatever it is. */
const start = (query = '', init: RequestInit = {}, browser = new Browser()) =>
  browser.send(`${latchkey.url}/login/fake${query}`, init)

/** A start that must leave no trace: neither a redirect nor a flow. */
async function expectRefused(query: string, init: RequestInit = {}): Promise<void> {
  const browser = new Browser()
  const answer = await start(query, init, browser)
  expectProblem(answer, 400, 'invalid_request')
  expect(answer.location).toBeNull()
  expect(answer.headers.getSetCookie()).toEqual([])
}

describe('what the provider is asked', () => {
  test("1.01 the caller's state, nonce and scope never reach the provider", async () => {
    const asked = 'state=of-the-app&nonce=of-the-app&scope=openid+evil&state2=x&audience=evil'
    const { searchParams } = (await start(`?${asked}`)).location ?? new URL('about:blank')
    const all = Object.fromEntries(searchParams)
    expect([...searchParams.keys()].sort()).toEqual(Object.keys(all).sort())
    expect(all).toEqual({
      response_type: 'code',
      client_id: provider.clientId,
      redirect_uri: `${latchkey.url}/login/fake/callback`,
      scope: 'openid profile email',
      state: expect.stringMatching(/^[\w-]{22,}$/),
      nonce: expect.stringMatching(/^[\w-]{22,}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
  })

  test.each([
    ['response_mode=fragment'],
    ['code_challenge_method=plain'],
    ['code_challenge=too-short'],
    ['a state of five kilobytes', `state=${'s'.repeat(5000)}`],
    ['a login_hint of 256 characters', `login_hint=${'h'.repeat(256)}`],
    ['prompt=%0d%0aevil'],
  ])('1.01 a start with %s is refused before anything is begun', (name, parameter = name) =>
    expectRefused(`?${parameter}`),
  )

  test('1.01 control: the same parameters with values of the contract start a login', async () => {
    const query = `?response_type=code&response_mode=query&code_challenge_method=S256&code_challenge=${'c'.repeat(43)}&state=${'s'.repeat(512)}&prompt=login&client_id=latchkey`
    expect((await start(query)).status).toBe(302)
  })

  test('1.01 prompt, login_hint and ui_locales are passed on once each', async () => {
    const answer = await start('?prompt=login&login_hint=a%40example.com&ui_locales=ko')
    const given = answer.location?.searchParams
    expect(given?.getAll('prompt')).toEqual(['login'])
    expect(given?.getAll('login_hint')).toEqual(['a@example.com'])
    expect(given?.getAll('ui_locales')).toEqual(['ko'])
  })

  test('1.02 a thousand starts share no state, nonce or challenge', async () => {
    const seen = { state: new Set(), nonce: new Set(), code_challenge: new Set() }
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => start('?state=same')))
      for (const { location } of answers) {
        for (const [name, values] of Object.entries(seen)) {
          const value = location?.searchParams.get(name) ?? ''
          // 128 bits are 22 characters of base64url.
          expect(value).toMatch(/^[\w-]{22,}$/)
          values.add(value)
        }
      }
    }
    expect(Object.values(seen).map(({ size }) => size)).toEqual([1000, 1000, 1000])
  })
})

describe('who may be asked for', () => {
  test.each([
    'nope',
    '__proto__',
    'constructor',
    'toString',
    'FAKE',
    '..%2ffake',
    'fake%00',
    'fake%20',
    `n${'o'.repeat(60)}`,
  ])('1.03 %s is no provider, and is not repeated to the caller', async (name) => {
    for (const path of [`/login/${name}`, `/login?provider=${name}`, `/login/${name}/callback`]) {
      const answer = await rawRequest(latchkey.url, { path })
      expectProblem(answer, 404, 'unknown_provider')
      expect(answer.text).not.toContain(decodeURIComponent(name))
      expect(answer.headers.getSetCookie()).toEqual([])
    }
  })

  test('1.03 a provider name of ten thousand characters is an unknown provider', async () => {
    const name = `n${'o'.repeat(10_000)}`
    for (const path of [`/login/${name}`, `/login?provider=${name}`, `/login/${name}/callback`]) {
      const answer = await rawRequest(latchkey.url, { path })
      expectProblem(answer, 404, 'unknown_provider')
      expect(answer.text).not.toContain('ooo')
      expect(answer.headers.getSetCookie()).toEqual([])
    }
  })

  test('1.03 control: an enabled provider starts by either path', async () => {
    expect((await start()).status).toBe(302)
    expect((await new Browser().send(`${latchkey.url}/login?provider=fake`)).status).toBe(302)
  })

  test.each([
    'redirect_uri=https%3A%2F%2Fapp.example%2Fcb',
    'client_id=latchkey&redirect_uri=https%3A%2F%2Fapp.example%2Fcb',
    'client_id=somebody-else',
    'response_mode=cookie',
    'response_mode=web_message',
  ])('no client is registered yet, so %s is refused', (query) => expectRefused(`?${query}`))
})

describe('what a start leaves behind', () => {
  test('1.04 HEAD is refused and starts nothing', async () => {
    const answer = await rawRequest(`${latchkey.url}/login/fake`, { method: 'HEAD' })
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('GET')
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(answer.location).toBeNull()
  })

  test.each([
    ['sec-purpose', 'prefetch'],
    ['sec-purpose', 'prefetch;prerender'],
    ['purpose', 'prefetch'],
    ['x-moz', 'prefetch'],
  ])('1.04 a prefetch (%s: %s) starts nothing, and may come again', async (name, value) => {
    const headers = { [name]: value }
    for (const path of ['/login/fake', '/login?provider=fake', '/login', '/login/fake/callback']) {
      const answer = await new Browser().send(latchkey.url + path, { headers })
      expectProblem(answer, 503, 'temporarily_unavailable')
      expect(answer.headers.get('retry-after')).toBe('1')
      expect(answer.headers.getSetCookie()).toEqual([])
    }
    expect((await start()).status).toBe(302)
  })

  test('1.05 the redirect is a 302 that nobody keeps and that tells no referrer', async () => {
    const answer = await start()
    expect(answer.status).toBe(302)
    expectProtected(answer)
  })

  test('1.05 the flow cookie is HttpOnly, Lax, of this host, for ten minutes', async () => {
    const [cookie = '', ...others] = (await start()).headers.getSetCookie()
    expect(others).toEqual([])
    const [pair = '', ...attributes] = cookie.split('; ')
    expect(pair).toMatch(/^latchkey-flow-[\w-]{16}=[\w.-]+$/)
    expect(attributes.sort()).toEqual(['HttpOnly', 'Max-Age=600', 'Path=/', 'SameSite=Lax'])
  })

  test('1.05 where PUBLIC_URL is https the cookie is Secure and bound to the host by its name', async () => {
    const publicUrl = 'https://login.example.com'
    const https = await startLatchkey(
      { ...provider.settings(), ...APPS, DATABASE_URL: 'postgres://is-not-used-by-the-harness' },
      { publicUrl },
    )
    try {
      // Without an app there is nobody to answer where others are served.
      const direct = await new Browser().send(`${https.url}/login/fake`)
      expectProblem(direct, 400, 'invalid_request')
      expect(direct.json().detail).toContain('DIRECT_ANSWER')
      const answer = await new Browser().send(`${https.url}/login/fake${authorizationQuery()}`)
      const [pair = '', ...attributes] = (answer.headers.getSetCookie()[0] ?? '').split('; ')
      expect(pair).toMatch(/^__Host-latchkey-flow-/)
      expect(attributes.sort()).toEqual([
        'HttpOnly',
        'Max-Age=600',
        'Path=/',
        'SameSite=Lax',
        'Secure',
      ])
      expect(answer.headers.get('strict-transport-security')).toMatch(/^max-age=31536000/)
      expect(answer.location?.searchParams.get('redirect_uri')).toBe(
        `${publicUrl}/login/fake/callback`,
      )
    } finally {
      await https.close()
    }
  })

  test('1.05 the cookie shows neither state nor nonce nor client', async () => {
    const answer = await start('?nonce=nonce-of-the-app')
    const sent = answer.location?.searchParams
    const cookie = answer.headers.getSetCookie().join()
    const bytes = Buffer.from(/\.([\w-]+);/.exec(cookie)?.[1] ?? '', 'base64url').toString('latin1')
    for (const secret of [sent?.get('state'), sent?.get('nonce'), 'nonce-of-the-app', 'fake"']) {
      expect(cookie).not.toContain(secret)
      expect(bytes).not.toContain(secret)
    }
  })

  test('at most five flows are kept: a sixth start drops the oldest and keeps the others', async () => {
    const browser = new Browser()
    const started = []
    for (let tab = 0; tab < 6; tab++) {
      started.push(await startLogin(latchkey, browser))
      // Flows are told apart by their time of expiry.
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect([...browser.jar().keys()]).toHaveLength(5)
    const [oldest, second] = started
    expectProblem(await browser.send(oldest?.callback() ?? ''), 400, 'invalid_state')
    provider.nonce = second?.nonce ?? ''
    expect((await browser.send(second?.callback() ?? '')).status).toBe(200)
  })

  test('a flow cookie that is over, or that nobody opens any more, is cleared by the next start', async () => {
    const browser = new Browser()
    await startLogin(latchkey, browser)
    const [name = '', { value } = { value: '' }] = [...browser.jar()][0] ?? []
    const cleared = async (sent: string) => {
      const { headers } = await new Browser().send(`${latchkey.url}/login/fake`, {
        headers: { cookie: sent },
      })
      return headers.getSetCookie().filter((cookie) => cookie.includes('Max-Age=0'))
    }
    const mine = `${name}=${value}`
    expect(await cleared(mine)).toEqual([])
    const strange = 'latchkey-flow-0123456789abcdef'
    expect(await cleared(`${mine}; ${strange}=${value}`)).toEqual([
      expect.stringMatching(new RegExp(`^${strange}=;`)),
    ])
    setClock(Date.now() + 600_000)
    expect(await cleared(mine)).toEqual([expect.stringMatching(new RegExp(`^${name}=;`))])
  })

  test.each([
    ['redirect_uri=a&redirect_uri=b'],
    ['client_id=latchkey&client_id=latchkey'],
    ['state[]=a'],
    ['state[x]=a'],
    ['scope=openid&scope=email'],
    ['state=a&state[]=b'],
  ])('1.08 a parameter in two or in brackets (%s) is refused', (query) =>
    expectRefused(`?${query}`),
  )

  test('1.08 control: each of them once, and a stranger twice, is a login', async () => {
    expect((await start('?client_id=latchkey&state=a&scope=openid&x=1&x=2')).status).toBe(302)
  })

  test('1.10 no other origin may read a start or a callback', async () => {
    const origin = { origin: 'https://evil.example' }
    for (const path of ['/login', '/login/fake', '/login/fake/callback?code=x&state=y']) {
      for (const method of ['GET', 'OPTIONS']) {
        const answer = await new Browser().send(`${latchkey.url}${path}`, {
          method,
          headers: { ...origin, 'access-control-request-method': 'GET' },
        })
        const allowed = [...answer.headers.keys()].filter((name) => name.startsWith('access-co'))
        expect(allowed, `${method} ${path}`).toEqual([])
      }
    }
  })

  test('control: after all of this a login still works', async () => {
    expect((await login(latchkey, provider)).status).toBe(200)
  })
})
