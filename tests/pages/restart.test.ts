import { describe, expect, test } from 'vitest'
import { s256 } from '../../src/core/secrets.ts'
import { Browser } from '../helpers/browser.ts'
import { startLatchkey, startLogin } from '../helpers/latchkey.ts'
import { setStage } from '../helpers/stage.ts'

const REDIRECT = 'https://app.example.com/callback?x=1'
const VERIFIER = 'a-verifier-that-the-app-keeps-in-its-own-browser-'

const { provider, latchkey } = setStage({
  settings: {
    CLIENTS: 'web',
    CLIENT_WEB_NAME: 'The <App>',
    CLIENT_WEB_URL: 'https://app.example.com/',
    CLIENT_WEB_REDIRECT_URIS: REDIRECT,
  },
})

const asked = {
  client_id: 'web',
  redirect_uri: REDIRECT,
  state: 'the app’s "state"',
  scope: 'openid',
  nonce: 'n-1',
  code_challenge: s256(VERIFIER),
  code_challenge_method: 'S256',
  ui_locales: 'ko',
}
const query = (changes: Record<string, string> = {}) =>
  `?${new URLSearchParams({ ...asked, ...changes })}`

/** The links of an error page by their place: retry, sign-in page, back. */
async function linksOf(browser: Browser, url: string) {
  const { text, status } = await browser.send(url, { headers: { accept: 'text/html' } })
  const hrefs = [...text.matchAll(/class="action[^"]*"[^>]* href="([^"]+)"/g)].map(
    ([, href = '']) =>
      new URL(href.replaceAll('&amp;', '&').replaceAll('&#39;', "'"), latchkey.url),
  )
  return { status, text, hrefs }
}

/** A callback in a browser that does not hold the flow (any more). */
const callbackOf = (state: string) => `${latchkey.url}/login/fake/callback?code=x&state=${state}`

describe('a login whose flow is gone', () => {
  test('is started again with one click, with all that the app asked for, and completes there', async () => {
    const { state } = await startLogin(latchkey, new Browser(), 'fake', query())
    expect(state).toMatch(/^[A-Za-z0-9_-]{22,480}$/)
    const browser = new Browser()
    const { status, text, hrefs } = await linksOf(browser, callbackOf(state))
    expect(status).toBe(400)
    expect(text).toContain('<html lang="ko">')
    const [retry, signIn, back] = hrefs
    expect(Object.fromEntries(retry?.searchParams ?? [])).toEqual(asked)
    expect([retry?.pathname, signIn?.pathname]).toEqual(['/login/fake', '/login'])
    expect(signIn?.search).toBe(retry?.search)
    // Back to the app as a login that was given up, with the app's own state.
    expect(`${back?.origin}${back?.pathname}`).toBe('https://app.example.com/callback')
    expect(Object.fromEntries(back?.searchParams ?? [])).toMatchObject({
      ...{ x: '1', error: 'access_denied', state: asked.state, iss: latchkey.url },
    })
    expect(text).toContain('The &lt;App&gt;')

    const again = await browser.send(retry ?? '')
    provider.nonce = again.location?.searchParams.get('nonce') ?? ''
    const done = await browser.send(callbackOf(again.location?.searchParams.get('state') ?? ''))
    expect(done.status).toBe(303)
    expect(done.location?.searchParams.get('state')).toBe(asked.state)
    const tokens = await new Browser().send(`${latchkey.url}/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        ...{ grant_type: 'authorization_code', client_id: 'web', redirect_uri: REDIRECT },
        ...{ code: done.location?.searchParams.get('code') ?? '', code_verifier: VERIFIER },
      }).toString(),
    })
    expect([tokens.status, typeof tokens.json().id_token]).toEqual([200, 'string'])
  })

  test('is started again after it was used, by a browser that does not have it any more', async () => {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser, 'fake', query())
    provider.nonce = started.nonce ?? ''
    expect((await browser.send(started.callback())).status).toBe(303)
    browser.jar().clear()
    const { hrefs } = await linksOf(browser, started.callback())
    expect(hrefs[0]?.searchParams.get('redirect_uri')).toBe(REDIRECT)
  })

  test('proves nothing: the state alone finishes no flow', async () => {
    provider.calls.length = 0
    const { state } = await startLogin(latchkey, new Browser(), 'fake', query())
    const answer = await new Browser().send(callbackOf(state))
    expect([answer.status, answer.json().code]).toEqual([400, 'invalid_state'])
    expect(provider.count('token')).toBe(0)
  })

  test('that was forged, cut or of nothing keeps nothing but the way to the one app', async () => {
    const { state } = await startLogin(latchkey, new Browser(), 'fake', query())
    const other = (await startLogin(latchkey, new Browser(), 'fake', query())).state
    const another = state[30] === 'A' ? 'B' : 'A'
    const forgeries = [
      state.slice(0, -1),
      state.slice(0, 30) + another + state.slice(31),
      other.slice(0, 22) + state.slice(22),
      state.slice(0, 22),
      'x',
    ]
    const control = await linksOf(new Browser(), callbackOf(state))
    expect(control.hrefs[0]?.search).toContain('client_id=web')
    for (const forged of forgeries) {
      const { hrefs } = await linksOf(new Browser(), callbackOf(forged))
      expect(hrefs.map(({ pathname, search }) => pathname + search)).toEqual([
        '/login/fake',
        '/login',
        '/',
      ])
      expect(hrefs[2]?.origin).toBe('https://app.example.com')
    }
  })

  test('has no memo where it returns to nobody, and only its app where it is too long', async () => {
    const alone = await startLogin(latchkey, new Browser(), 'fake')
    expect(alone.state).toHaveLength(22)
    const asked = query({ state: 'x'.repeat(400) })
    const long = await startLogin(latchkey, new Browser(), 'fake', asked)
    expect(long.state.length).toBeLessThan(200)
    // A login without the app's state would end in an error there: it begins at the app again.
    const { hrefs } = await linksOf(new Browser(), callbackOf(long.state))
    expect(hrefs.map(({ href }) => href)).toEqual(['https://app.example.com/'])
  })
})

describe('a login that does not start', () => {
  test('is tried again with the app’s request, where its redirect URI is registered', async () => {
    provider.answers = { discovery: { status: 500, body: {} } }
    const fresh = await startLatchkey({
      ...provider.settings(),
      CLIENTS: 'web',
      CLIENT_WEB_REDIRECT_URIS: REDIRECT,
    })
    try {
      const answer = await new Browser().send(`${fresh.url}/login/fake${query()}`, {
        headers: { accept: 'text/html' },
      })
      expect(answer.status).toBe(502)
      expect(answer.text).toContain('href="/login/fake?client_id=web&amp;redirect_uri=')
      expect(answer.text).toContain('href="https://app.example.com/callback?x=1&amp;error=')
      const evil = query({ redirect_uri: 'https://evil.example.com/' })
      const refused = await new Browser().send(`${fresh.url}/login/fake${evil}`, {
        headers: { accept: 'text/html' },
      })
      expect(refused.text).toContain('href="https://app.example.com/"')
      expect(refused.text).not.toContain('href="/login')
      expect(refused.text).not.toContain('href="https://evil.example.com')
    } finally {
      await fresh.close()
      provider.reset()
    }
  })
})

describe('a browser never meets raw JSON for an error', () => {
  const requests: [what: string, path: string, method: string][] = [
    ['no page', '/nothing/here', 'GET'],
    ['a method that is not allowed', '/me', 'DELETE'],
    ['no token', '/healthz/x', 'POST'],
    ['a path that cannot be read', '/login/%zz', 'GET'],
    ['an unknown provider', '/login/none', 'GET'],
    ['a provider in the query', '/login?provider=none', 'GET'],
    ['a parameter that stands twice', '/login?state=a&state=b', 'GET'],
  ]
  test.each(requests)('%s: %s', async (_what, path, method) => {
    const accept = 'text/html,application/xhtml+xml,*/*;q=0.8'
    const send = (headers: Record<string, string>) =>
      fetch(latchkey.url + path, { method, headers, redirect: 'manual' })
    const page = await send({ accept })
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await page.text()).toContain('<h1>')
    const program = await send({ accept: 'application/json' })
    expect(program.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect(program.status).toBe(page.status)
  })
})
