import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { endSession, setDisabled } from '../../helpers/age.ts'
import { Browser } from '../../helpers/browser.ts'
import { APP_ORIGIN, cookieLogin, cookieNamesOf, cookieOf } from '../../helpers/cookie-login.ts'
import { BYE, expectSignedOut, setLogoutStage } from '../../helpers/logout.ts'
import { expectProblem } from '../../helpers/problems.ts'

const { provider, latchkey, signInWithIdToken, logout, isAlive } = setLogoutStage()
type Given = Record<string, string>

describe('a logout by cookie', () => {
  const alive = async (access: string) => isAlive({ access_token: access })
  /** A browser in cookie mode and its access token. */
  async function session(subject = 'person-1') {
    provider.subject = subject
    const browser = await cookieLogin(latchkey, provider)
    return { browser, access: cookieOf(browser, 'access') }
  }

  test('9.19 clears the cookies with their attributes and ends the session', async () => {
    const { browser, access } = await session()
    const refreshCookie = cookieOf(browser, 'refresh')
    const answer = await logout('GET', { post_logout_redirect_uri: BYE }, browser)
    expect(answer.headers.get('location')).toBe(BYE)
    expect(answer.headers.getSetCookie().sort()).toEqual(
      ['access', 'refresh'].map(
        (name) => `latchkey-${name}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax`,
      ),
    )
    expect(await alive(access)).toBe(false)
    const headers = { cookie: `latchkey-refresh=${refreshCookie}`, origin: APP_ORIGIN }
    const again = await new Browser().send(`${latchkey.url}/token`, {
      ...{ method: 'POST', headers, body: new URLSearchParams({ grant_type: 'refresh_token' }) },
    })
    expect(again.status).toBe(400)
  })

  test.each(['access', 'refresh'])('works by the %s cookie alone', async (name) => {
    const { browser, access } = await session()
    browser.jar().delete(`latchkey-${name === 'access' ? 'refresh' : 'access'}`)
    expectSignedOut(await logout('GET', {}, browser))
    expect(await alive(access)).toBe(false)
    expect(cookieNamesOf(browser)).toEqual([])
  })

  test.each(['access', 'refresh'])(
    'works by the %s cookie alone of a user who is disabled, for good',
    async (name) => {
      const { browser, access } = await session()
      const bystander = await session()
      browser.jar().delete(`latchkey-${name === 'access' ? 'refresh' : 'access'}`)
      await setDisabled(latchkey, true)
      expectSignedOut(await logout('GET', {}, browser))
      await setDisabled(latchkey, false)
      expect(await alive(access)).toBe(false)
      expect(await alive(bystander.access)).toBe(true)
    },
  )

  test('works by a refresh cookie that another tab has rotated', async () => {
    const { browser, access } = await session()
    const headers = {
      cookie: `latchkey-refresh=${cookieOf(browser, 'refresh')}`,
      origin: APP_ORIGIN,
    }
    const body = new URLSearchParams({ grant_type: 'refresh_token' })
    const tab = new Browser()
    const { status } = await tab.send(`${latchkey.url}/token`, { method: 'POST', headers, body })
    expect(status).toBe(200)
    browser.jar().delete('latchkey-access')
    await logout('GET', {}, browser)
    expect(await alive(access)).toBe(false)
    expect(await alive(cookieOf(tab, 'access'))).toBe(false)
  })

  test.each<[string, Given]>([
    ['a prefetch', { 'sec-purpose': 'prefetch' }],
    ['a prerender', { 'sec-purpose': 'prefetch;prerender', 'sec-fetch-site': 'same-origin' }],
    ['an older prefetch', { purpose: 'prefetch' }],
    ['a prefetch of Firefox', { 'x-moz': 'prefetch' }],
    ['a stranger’s link', { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' }],
    ['a stranger’s image', { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image' }],
    ['an image of a sibling', { 'sec-fetch-site': 'same-site', 'sec-fetch-dest': 'image' }],
    ['a frame of a sibling', { 'sec-fetch-site': 'same-site', 'sec-fetch-dest': 'iframe' }],
  ])('9.18 GET by %s changes nothing', async (name, headers) => {
    const { browser, access } = await session()
    for (const path of ['/logout', '/logout/fake']) {
      const answer = await browser.send(latchkey.url + path, { headers })
      if (/prefetch|prerender/.test(name)) expectProblem(answer, 503, 'temporarily_unavailable')
      else expectProblem(answer, 403, 'csrf')
      expect([answer.location, answer.headers.getSetCookie()]).toEqual([null, []])
    }
    expect(await alive(access)).toBe(true)
    expect((await browser.send(`${latchkey.url}/logout`, { method: 'HEAD' })).status).toBe(405)
    expect(await alive(access)).toBe(true)
    expectSignedOut(await logout('GET', {}, browser, { 'sec-fetch-site': 'none' }))
    expect(await alive(access)).toBe(false)
  })

  test('9.18 a prefetch with a hint changes nothing either', async () => {
    const tokens = await signInWithIdToken()
    const given = { id_token_hint: tokens.id_token }
    const ahead = await logout('GET', given, undefined, { purpose: 'prefetch' })
    expectProblem(ahead, 503, 'temporarily_unavailable')
    expect(await isAlive(tokens)).toBe(true)
    expectSignedOut(await logout('GET', given, undefined, { 'sec-fetch-site': 'cross-site' }))
    expect(await isAlive(tokens)).toBe(false)
  })

  test('a navigation from the app on the same site signs out', async () => {
    const { browser, access } = await session()
    const headers = { 'sec-fetch-site': 'same-site', 'sec-fetch-dest': 'document' }
    expectSignedOut(await logout('GET', {}, browser, headers))
    expect(await alive(access)).toBe(false)
  })

  test('the hint of a stranger does not sign the owner of the cookies out; the own one does', async () => {
    provider.subject = 'stranger'
    const stranger = await signInWithIdToken()
    const { browser, access } = await session()
    const answer = await logout('GET', { id_token_hint: stranger.id_token }, browser)
    expect(answer.headers.getSetCookie()).toEqual([])
    expect(await isAlive(stranger)).toBe(false)
    expect(await alive(access)).toBe(true)
    const own = await signInWithIdToken()
    await logout('GET', { id_token_hint: own.id_token }, browser)
    expect(await alive(access)).toBe(false)
    expect(cookieNamesOf(browser)).toEqual([])
  })

  test('cookies of a session that is over are nobody’s: whose hint comes is signed out here, and they go', async () => {
    const { browser, access } = await session('person-before')
    provider.subject = 'person-after'
    const later = await signInWithIdToken()
    const { sid } = decodeJwt<{ sid: string }>(access)
    await endSession(latchkey, sid)
    await logout('GET', { id_token_hint: later.id_token }, browser)
    expect(await isAlive(later)).toBe(false)
    expect(cookieNamesOf(browser)).toEqual([])
  })

  test('of nobody is 200 and sets nothing', async () => {
    for (const method of ['GET', 'POST']) {
      const answer = await logout(method, {})
      expectSignedOut(answer)
      expect(answer.headers.getSetCookie()).toEqual([])
    }
  })
})
