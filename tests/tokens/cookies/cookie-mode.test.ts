import { beforeAll, describe, expect, test } from 'vitest'
import { endSession } from '../../helpers/age.ts'
import {
  APPS,
  authorizationQuery,
  authorize,
  claimsOf,
  meStatus,
  signIn,
} from '../../helpers/apps.ts'
import { Browser } from '../../helpers/browser.ts'
import {
  APP_ORIGIN,
  cookieLogin,
  cookieNamesOf,
  cookieOf,
  setCookieStage,
} from '../../helpers/cookie-login.ts'
import { type Latchkey, startLatchkey, TEST_SECRET } from '../../helpers/latchkey.ts'
import { expectOAuthError } from '../../helpers/oauth.ts'
import { expectNoSecretLogged, expectProblem } from '../../helpers/problems.ts'

const { provider, latchkey, signInWithCookies, statusOfMe } = setCookieStage()
/** The same behind https. */
let secure: Latchkey

beforeAll(async () => {
  secure = await startLatchkey(
    {
      ...provider.settings(),
      ...APPS,
      DATABASE_URL: 'postgres://unused@db.example.com/x',
      SECRET: TEST_SECRET,
    },
    { publicUrl: 'https://login.example.com' },
  )
  return () => secure.close()
})

/** The attributes of the cookies that an answer sets, by name. */
function attributesOf(lines: readonly string[]) {
  return Object.fromEntries(
    lines.map((line) => {
      const [pair = '', ...attributes] = line.split('; ')
      expect(line.length).toBeLessThan(4096)
      return [pair.split('=')[0], attributes.sort().join('; ')]
    }),
  )
}

describe('10.04 the cookies', () => {
  test('that browsers would drop, for the roles in it, is told in the log; who has few is not', async () => {
    const browser = await cookieLogin(latchkey, provider, { scope: 'openid roles' })
    const user = String(claimsOf(cookieOf(browser, 'access')).sub)
    const toldWith = async (count: number) => {
      const roles = Array.from({ length: count }, (_, place) => `${place}-`.padEnd(64, 'x'))
      await latchkey.database.query('update latchkey.users set roles = $2 where id = $1', [
        user,
        roles,
      ])
      const before = latchkey.logs.length
      const again = await cookieLogin(latchkey, provider, { scope: 'openid roles' })
      expect(claimsOf(cookieOf(again, 'access')).roles).toHaveLength(count)
      return latchkey.logs.slice(before).filter((line) => line.includes('cookie_too_large'))
    }
    expect(await toldWith(10)).toEqual([])
    expect(await toldWith(50)).toEqual([expect.stringContaining('fewer or shorter roles')])
  })

  test('on plain-http loopback: HttpOnly, Lax, of the whole host, no prefix', async () => {
    const answer = await authorize(latchkey, provider, { response_mode: 'cookie' })
    expect(attributesOf(answer.headers.getSetCookie())).toEqual({
      'latchkey-access': 'HttpOnly; Max-Age=600; Path=/; SameSite=Lax',
      'latchkey-refresh': 'HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax',
      [String(flowCookie(answer.headers.getSetCookie()))]:
        'HttpOnly; Max-Age=60; Path=/; SameSite=Lax',
    })
  })

  test('behind https: __Host- and Secure as well, flow cookies too, and only these count', async () => {
    const browser = new Browser()
    const query = authorizationQuery({ response_mode: 'cookie' })
    const start = await browser.send(`${secure.url}/login/fake${query}`)
    const attributes = 'HttpOnly; Max-Age=600; Path=/; SameSite=Lax; Secure'
    const flows = attributesOf(start.headers.getSetCookie())
    expect(Object.entries(flows)).toEqual([
      [expect.stringMatching(/^__Host-latchkey-flow-[\w-]+$/), attributes],
    ])
    const { searchParams } = start.location ?? new URL('about:blank')
    provider.nonce = searchParams.get('nonce') ?? ''
    const state = searchParams.get('state') ?? ''
    const answer = await browser.send(
      `${secure.url}/login/fake/callback?code=a-code&state=${state}`,
    )
    expect(answer.status, answer.text).toBe(303)
    const set = attributesOf(answer.headers.getSetCookie())
    expect(set).toMatchObject({
      '__Host-latchkey-access': attributes,
      '__Host-latchkey-refresh': attributes.replace('600', '1209600'),
    })
    expect((await browser.send(`${secure.url}/me`)).status).toBe(200)
    // 10.03 What a sibling could set has no prefix, and counts for nothing.
    const token = browser.jar().get('__Host-latchkey-access')?.value ?? ''
    for (const name of ['latchkey-access', '__host-latchkey-access', '__Secure-latchkey-access']) {
      const headers = { cookie: `${name}=${token}` }
      expect((await new Browser().send(`${secure.url}/me`, { headers })).status).toBe(401)
    }
  })

  const flowCookie = (lines: readonly string[]) =>
    lines.map((line) => line.split('=')[0]).find((name) => name?.startsWith('latchkey-flow-'))
})

describe('10.05 cookie and header', () => {
  test('/me takes the cookie; a header wins over it, right or wrong', async () => {
    provider.subject = 'with-cookie'
    const browser = await signInWithCookies()
    provider.subject = 'with-header'
    provider.person = {}
    const { access_token, sub } = await signIn(latchkey, provider)
    const ask = (headers = {}) => browser.send(`${latchkey.url}/me`, { headers })
    expect((await ask()).json().sub).toBe(claimsOf(cookieOf(browser, 'access')).sub)
    expect((await ask({ authorization: `Bearer ${access_token}` })).json().sub).toBe(sub)
    for (const authorization of ['Bearer x', 'Basic x', 'Bearer']) {
      expectProblem(await ask({ authorization }), 401, 'invalid_token')
    }
  })

  test('the tokens of a session that got a code count in no cookie, from its own app neither', async () => {
    const asked = { client_id: 'other', redirect_uri: 'https://other.example.com/cb' }
    const theirs = await signIn(latchkey, provider, asked)
    const ours = await signIn(latchkey, provider)
    const ask = (name: string, token: string, origin: string, path = '/me') =>
      new Browser().send(`${latchkey.url}${path}`, {
        headers: { cookie: `latchkey-${name}=${token}`, origin },
      })
    const of = 'https://other.example.com'
    expectProblem(await ask('access', theirs.access_token, of), 401, 'invalid_token')
    expectProblem(await ask('access', ours.access_token, APP_ORIGIN), 401, 'invalid_token')
    // Nor does a logout by such a cookie end it.
    for (const [name, token] of [
      ['access', ours.access_token],
      ['refresh', `spa:${ours.refresh_token}`],
    ] as const) {
      expect((await ask(name, token, APP_ORIGIN, '/logout')).status).toBe(200)
    }
    expect(await meStatus(latchkey, ours.access_token)).toBe(200)
    // Control: the same of a session in cookies does, twice alike.
    const access = cookieOf(await signInWithCookies(), 'access')
    expect((await ask('access', access, APP_ORIGIN)).status).toBe(200)
    expect((await ask('access', access, APP_ORIGIN)).status).toBe(200)
    await ask('access', access, APP_ORIGIN, '/logout')
    expect(await meStatus(latchkey, access)).toBe(401)
  })

  test('a cookie that is wrong is 401, and says no more than any other 401', async () => {
    const browser = await signInWithCookies()
    const plain = await new Browser().send(`${latchkey.url}/me`)
    const [access, refresh] = [cookieOf(browser, 'access'), cookieOf(browser, 'refresh')]
    for (const value of ['', 'x', `${access}x`, refresh, `"${access}x"`, '%E0%A4%A']) {
      const headers = { cookie: `latchkey-access=${value}` }
      const answer = await new Browser().send(`${latchkey.url}/me`, { headers })
      expect([answer.status, answer.text]).toEqual([401, plain.text])
    }
    expect(await statusOfMe(browser)).toBe(200)
    expectNoSecretLogged(latchkey, { access, refresh: refresh.slice(-43) })
  })
})

describe('9.15 a refresh by cookie', () => {
  const refresh = (browser: Browser, body = 'grant_type=refresh_token') =>
    browser.send(`${latchkey.url}/token`, {
      method: 'POST',
      body,
      headers: { origin: APP_ORIGIN, 'content-type': 'application/x-www-form-urlencoded' },
    })

  test('sets new cookies and shows no token to any script', async () => {
    const browser = await cookieLogin(latchkey, provider, { scope: 'openid profile' })
    const before = [cookieOf(browser, 'access'), cookieOf(browser, 'refresh')]
    const answer = await refresh(browser)
    expect(answer.status, answer.text).toBe(200)
    expect(Object.keys(answer.json()).sort()).toEqual(['expires_in', 'scope', 'token_type'])
    expect(answer.text).not.toMatch(/eyJ|[\w-]{43}/)
    expect(cookieOf(browser, 'access')).not.toBe(before[0])
    expect(cookieOf(browser, 'refresh')).not.toBe(before[1])
    expect(await statusOfMe(browser)).toBe(200)
    expect((await refresh(browser, 'grant_type=refresh_token&client_id=spa')).status).toBe(200)
  })

  test('two tabs at once get the same cookies', async () => {
    const browser = await signInWithCookies()
    const cookie = `latchkey-refresh=${cookieOf(browser, 'refresh')}`
    const tabs = [new Browser(), new Browser()]
    for (const tab of tabs)
      tab.jar().set('latchkey-refresh', { value: cookie.slice(17), path: '/', attributes: [] })
    await Promise.all(tabs.map((tab) => refresh(tab)))
    expect(cookieOf(tabs[0] as Browser, 'refresh')).not.toBe('')
    expect(cookieOf(tabs[0] as Browser, 'refresh')).toBe(cookieOf(tabs[1] as Browser, 'refresh'))
  })

  test('of another client, or of a session that is over, is refused; the latter clears', async () => {
    const browser = await signInWithCookies()
    const other = await refresh(browser, 'grant_type=refresh_token&client_id=other')
    expectOAuthError(other, 400, 'invalid_grant')
    expect(await statusOfMe(browser)).toBe(200)
    await endSession(latchkey)
    expectOAuthError(await refresh(browser), 400, 'invalid_grant')
    expect(cookieNamesOf(browser)).toEqual([])
    expectOAuthError(await refresh(browser), 400, 'invalid_request')
  })

  test('a client that gets a code gets no cookie from /token, nor one that shows its token', async () => {
    const browser = await signInWithCookies()
    const { refresh_token } = await signIn(latchkey, provider)
    const form = `grant_type=refresh_token&client_id=spa&refresh_token=${refresh_token}`
    const answer = await refresh(browser, form)
    expect(answer.status).toBe(200)
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(answer.json()).toHaveProperty('refresh_token')
  })
})
