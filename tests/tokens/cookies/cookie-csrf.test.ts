import { describe, expect, test } from 'vitest'
import { signIn } from '../../helpers/apps.ts'
import { Browser } from '../../helpers/browser.ts'
import { APP_ORIGIN, cookieOf, setCookieStage } from '../../helpers/cookie-login.ts'
import { expectOAuthError } from '../../helpers/oauth.ts'
import { expectProblem } from '../../helpers/problems.ts'

const { provider, latchkey, signInWithCookies, statusOfMe } = setCookieStage({
  CLIENT_SPA_ORIGINS: `${APP_ORIGIN},http://localhost:5173,capacitor://localhost,tauri://localhost`,
})

describe('10.01 an unsafe request with a cookie', () => {
  const routes: [method: string, path: string, init: RequestInit][] = [
    ['PATCH', '/me', json({ name: 'Forged' })],
    ['DELETE', '/me/sessions', {}],
    ['DELETE', '/me/sessions/00000000-0000-7000-8000-000000000000', {}],
    ['DELETE', '/me/identities/fake', {}],
    ['POST', '/me/identities', json({ code: 'a-code' })],
    ['POST', '/me/identities', form('code=a-code')],
    ['POST', '/token', form('grant_type=refresh_token')],
    ['POST', '/logout', form('')],
  ]
  const forged: Record<string, string>[] = [
    {},
    { origin: 'null' },
    { origin: 'null', 'sec-fetch-site': 'cross-site' },
    { origin: 'null', 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    // Of another client.
    { origin: 'https://other.example.com' },
    { origin: 'https://evil.app.example.com' },
    { origin: 'https://app.example.com.evil.example' },
    { origin: 'http://app.example.com' },
    { origin: 'https://app.example.com:8443' },
    { origin: 'https://app.example.com/' },
    { origin: 'HTTPS://APP.EXAMPLE.COM' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { referer: 'https://app.example.com/' },
    { 'x-requested-with': 'XMLHttpRequest' },
  ]
  const ours = (): Record<string, string>[] => [
    { origin: APP_ORIGIN },
    { origin: APP_ORIGIN, 'sec-fetch-site': 'same-site' },
    { origin: 'http://localhost:5173' },
    { origin: latchkey.url, 'sec-fetch-site': 'same-origin' },
    { 'sec-fetch-site': 'same-origin' },
    // A form of our own page whose policy is no-referrer.
    { origin: 'null', 'sec-fetch-site': 'same-origin' },
  ]

  test.each(routes)('%s %s is refused from every page but ours', async (method, path, init) => {
    const browser = await signInWithCookies()
    const before = [cookieOf(browser, 'access'), cookieOf(browser, 'refresh')]
    const send = (headers: Record<string, string>) =>
      browser.send(latchkey.url + path, {
        method,
        ...init,
        headers: { ...init.headers, ...headers },
      })
    for (const headers of forged) {
      const answer = await send(headers)
      if (path === '/token') expectOAuthError(answer, 403, 'invalid_request')
      else expectProblem(answer, 403, 'csrf')
      expect(answer.headers.getSetCookie()).toEqual([])
    }
    const me = await browser.send(`${latchkey.url}/me`)
    expect([me.status, me.json().name]).toEqual([200, 'Person One'])
    expect([cookieOf(browser, 'access'), cookieOf(browser, 'refresh')]).toEqual(before)
    if (path === '/logout') return
    for (const headers of ours()) expect((await send(headers)).status).not.toBe(403)
  })

  test('POST /logout with the refresh cookie alone is not forged either; ours signs out', async () => {
    for (const headers of ours()) {
      const browser = await signInWithCookies()
      const access = cookieOf(browser, 'access')
      browser.jar().delete('latchkey-access')
      const send = (given: Record<string, string>) =>
        browser.send(`${latchkey.url}/logout`, { method: 'POST', headers: given })
      expectProblem(await send({ origin: 'https://evil.example' }), 403, 'csrf')
      expect(await statusOfMe(new Browser(), { authorization: `Bearer ${access}` })).toBe(200)
      expect((await send(headers)).status).toBe(200)
      expect(await statusOfMe(new Browser(), { authorization: `Bearer ${access}` })).toBe(401)
    }
  })

  test('text/plain and multipart bodies change nothing, from our own page too', async () => {
    const browser = await signInWithCookies()
    for (const type of [
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded',
    ]) {
      const answer = await browser.send(`${latchkey.url}/me`, {
        ...{ method: 'PATCH', body: '{"name":"Forged"}' },
        headers: { origin: APP_ORIGIN, 'content-type': type },
      })
      expect([400, 415]).toContain(answer.status)
    }
    expect((await browser.send(`${latchkey.url}/me`)).json().name).toBe('Person One')
  })

  test('10.02 no GET and no override stands for another method', async () => {
    const browser = await signInWithCookies()
    const headers = { 'x-http-method-override': 'DELETE', origin: APP_ORIGIN }
    await browser.send(`${latchkey.url}/me/sessions?_method=DELETE`, { headers })
    const refreshing = await browser.send(`${latchkey.url}/token?grant_type=refresh_token`)
    expect(refreshing.status).toBe(405)
    expect(await statusOfMe(browser)).toBe(200)
  })

  test.each<[string, Record<string, string>, number]>([
    ['our own page', { 'sec-fetch-site': 'same-origin' }, 200],
    ['the address bar', { 'sec-fetch-site': 'none' }, 200],
    ['a program', {}, 200],
    ['the client’s page', { origin: APP_ORIGIN, 'sec-fetch-site': 'cross-site' }, 200],
    ['an app shell of the client', { origin: 'capacitor://localhost' }, 200],
    ['another client’s page', { origin: 'https://other.example.com' }, 403],
    ['a stranger’s page', { origin: 'https://evil.example' }, 403],
    ['a page in a sandbox', { origin: 'null' }, 403],
    ['a picture on a sibling’s page', { 'sec-fetch-site': 'same-site' }, 403],
    ['a link on a stranger’s page', { 'sec-fetch-site': 'cross-site' }, 403],
  ])('a safe one counts from %s as %j: %i', async (_name, headers, status) => {
    const browser = await signInWithCookies()
    for (const path of ['/me', '/me/sessions']) {
      const answer = await browser.send(`${latchkey.url}${path}`, { headers })
      expect(answer.status).toBe(status)
      if (status === 403) expectProblem(answer, 403, 'csrf')
    }
  })

  test('with a Bearer header no origin is asked for: no page can forge it', async () => {
    const { access_token } = await signIn(latchkey, provider)
    const answer = await new Browser().send(`${latchkey.url}/me`, {
      ...{ method: 'PATCH', ...json({ locale: 'ko' }) },
      headers: { ...json({}).headers, authorization: `Bearer ${access_token}` },
    })
    expect(answer.status).toBe(200)
  })

  function json(body: object) {
    return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  }
  function form(body: string) {
    return { body, headers: { 'content-type': 'application/x-www-form-urlencoded' } }
  }
})
