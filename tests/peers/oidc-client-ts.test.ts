import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page, Request } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { useChromium } from '../helpers/chromium.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { type Site, startSite } from '../helpers/site.ts'

const library = createRequire(import.meta.url).resolve('oidc-client-ts')
const bundle = new URL('../browser/oidc-client-ts.min.js', `file://${library}`)
const read = (name: string) => readFileSync(new URL(`./spa/${name}`, import.meta.url), 'utf8')

/** What oidc-client-ts holds of a signed-in person. */
interface User {
  access_token: string
  refresh_token: string
  id_token: string
  scope: string
  profile: Record<string, unknown>
  state: unknown
}

let latchkey: Latchkey
let hint = 'minji'
let spa: Site
/** On the site of Latchkey, as https://app.example.com is beside https://login.example.com. */
let sibling: Site
/** The same page at origins that nobody registered. */
let stranger: Site
let strangeSibling: Site

beforeAll(async () => {
  const files = {
    '/index.html': () => read('index.html'),
    '/app.js': () => read('app.js'),
    '/oidc-client-ts.js': () => readFileSync(bundle, 'utf8'),
    '/settings.js': () => `window.settings = ${JSON.stringify({ latchkey: latchkey.url, hint })}`,
  }
  spa = await startSite(files)
  stranger = await startSite(files)
  sibling = await startSite(files, 'localhost')
  strangeSibling = await startSite(files, 'localhost')
  latchkey = await startLatchkey({
    EMULATE: 'google,kakao',
    RATE_LIMIT: 'off',
    CLIENTS: 'spa',
    CLIENT_SPA_RESPONSE_MODES: 'query,form_post,web_message,cookie',
    CLIENT_SPA_REDIRECT_URIS: [
      `${spa.origin}/callback`,
      `${spa.origin}/popup`,
      `${sibling.origin}/home`,
    ].join(),
    CLIENT_SPA_POST_LOGOUT_REDIRECT_URIS: `${spa.origin}/bye,${sibling.origin}/gone`,
  })
})
afterAll(async () => {
  await latchkey.close()
  for (const site of [spa, sibling, stranger, strangeSibling]) await site.close()
})

/** What a page's expression gives; its functions are in spa/app.js. */
const ask = <T = Record<string, unknown>>(page: Page, expression: string) =>
  page.evaluate<T>(expression)

/** A page of the app that shows nobody yet. */
const chrome = useChromium()

async function open(site: Site, path = '/') {
  hint = 'minji'
  const page = await chrome.context.newPage()
  await page.goto(`${site.origin}${path}`)
  return page
}

/** A sign-in by redirect; gives what the library holds then. */
async function signIn(page: Page): Promise<User> {
  await ask(page, 'void manager.signinRedirect(straight)')
  await page.waitForURL('**/callback?*')
  const user = await ask<User>(page, 'opened')
  expect(user).toHaveProperty('access_token')
  return user
}

/** The requests to Latchkey's token endpoint from here on. */
function watchTokenRequests(page: Page): URLSearchParams[] {
  const seen: URLSearchParams[] = []
  page.on('request', (request: Request) => {
    if (request.url() === `${latchkey.url}/token` && request.method() === 'POST') {
      seen.push(new URLSearchParams(request.postData() ?? ''))
    }
  })
  return seen
}

describe('oidc-client-ts in Chromium', () => {
  test('signs in by redirect, through the sign-in page and the page of the provider', async () => {
    const page = await open(spa)
    await ask(page, 'void manager.signinRedirect({ state: { from: "/cart" } })')
    await page.getByRole('link', { name: /Kakao/ }).click()
    await page.getByText(/^김민지$/).click()
    await page.waitForURL('**/callback?*')
    const parameters = [...new URL(page.url()).searchParams.keys()]
    expect(parameters.sort()).toEqual(['code', 'iss', 'state'])
    const user = await ask<User>(page, 'opened')
    expect(user).toMatchObject({
      scope: 'openid profile email account',
      state: { from: '/cart' },
      // From the ID token, and from /me as the library reads userinfo.
      profile: { name: '김민지', identities: [{ provider: 'kakao' }] },
    })
    expect(await ask(page, `read("${user.access_token}")`)).toMatchObject({ status: 200 })
    expect(chrome.complaints).toEqual([])
  })

  test('signs in by a popup, which closes itself', async () => {
    const page = await open(spa)
    const signedIn = ask<User>(page, 'manager.signinPopup().then(told, failure)')
    const popup = await page.waitForEvent('popup')
    await popup.getByRole('link', { name: /Google/ }).click()
    const closed = popup.waitForEvent('close')
    await popup.locator('main form button').first().click()
    expect(await signedIn).toMatchObject({ profile: { identities: [{ provider: 'google' }] } })
    await closed
    expect(page.url()).toBe(`${spa.origin}/`)
    expect(chrome.complaints).toEqual([])
  })

  test('renews by refresh token, without a frame', async () => {
    const page = await open(spa)
    const first = await signIn(page)
    const sent = watchTokenRequests(page)
    const second = await ask<User>(page, 'manager.signinSilent().then(told, failure)')
    const third = await ask<User>(page, 'manager.signinSilent().then(told, failure)')
    expect(sent.map((form) => [form.get('grant_type'), form.get('refresh_token')])).toEqual([
      ['refresh_token', first.refresh_token],
      ['refresh_token', second.refresh_token],
    ])
    expect(page.frames()).toHaveLength(1)
    const users = [first, second, third]
    expect(new Set(users.map((user) => user.access_token)).size).toBe(3)
    expect(new Set(users.map((user) => user.profile.sub)).size).toBe(1)
    expect(await ask(page, `read("${third.access_token}")`)).toMatchObject({ status: 200 })
  })

  test('renews by itself before the access token ends', async () => {
    const page = await open(spa)
    const first = await signIn(page)
    const renewed = await ask<User>(page, 'renewByItself()')
    expect(renewed.access_token).not.toBe(first.access_token)
    expect(renewed.profile.sub).toBe(first.profile.sub)
    expect(await ask(page, `read("${renewed.access_token}")`)).toMatchObject({ status: 200 })
  })

  test('signs out by redirect, comes back, and the session is over', async () => {
    const page = await open(spa)
    const { access_token: token } = await signIn(page)
    expect(await ask(page, `read("${token}")`)).toMatchObject({ status: 200 })
    await ask(page, 'void manager.signoutRedirect({ state: { to: "/start" } })')
    await page.waitForURL('**/bye?*')
    expect(await ask(page, 'opened')).toEqual({ userState: { to: '/start' } })
    expect(await ask(page, 'manager.getUser()')).toBeNull()
    expect(await ask(page, `read("${token}")`)).toMatchObject({ status: 401 })
    const again = await signIn(page)
    expect(await ask(page, `read("${again.access_token}")`)).toMatchObject({ status: 200 })
  })

  test('revokes its tokens', async () => {
    const page = await open(spa)
    const { access_token: token, refresh_token: refreshToken } = await signIn(page)
    const form = { grant_type: 'refresh_token', client_id: 'spa', refresh_token: refreshToken }
    const renew = `call('/token', ${JSON.stringify({ method: 'POST', form })})`
    expect(await ask(page, renew)).toMatchObject({ status: 200 })
    await ask(page, 'manager.revokeTokens()')
    expect(await ask(page, renew)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    })
    expect(await ask(page, `read("${token}")`)).toMatchObject({
      status: 401,
      body: { code: 'invalid_token' },
    })
  })

  test('is told of a person who declines, and refuses an answer that it did not ask for', async () => {
    const page = await open(spa)
    await ask(
      page,
      'void manager.signinRedirect({ extraQueryParams: { provider: "google", login_hint: "!denied" } })',
    )
    await page.waitForURL('**/callback?*')
    expect(await ask(page, 'opened')).toMatchObject({
      failed: 'ErrorResponse',
      error: 'access_denied',
      message: 'The sign-in was declined.',
    })
    await page.goto(`${spa.origin}/callback?code=a&state=of-another&iss=${latchkey.url}`)
    expect(await ask(page, 'opened')).toMatchObject({
      message: 'No matching state found in storage',
    })
    await signIn(page)
  })

  test('works at no origin that is not registered', async () => {
    const page = await open(spa)
    const { access_token: token, refresh_token: refreshToken } = await signIn(page)
    const form = { grant_type: 'refresh_token', client_id: 'spa', refresh_token: refreshToken }
    const theirs = await open(stranger)
    expect(await ask(theirs, `read("${token}").catch(failure)`)).toMatchObject({
      message: 'Failed to fetch',
    })
    const unread = `call('/token', ${JSON.stringify({ method: 'POST', form })})`
    expect(await ask(theirs, unread)).toEqual({ status: 0, body: null })
    // What is public is for everybody.
    const metadata = await ask(theirs, 'manager.metadataService.getMetadata()')
    expect(metadata).toMatchObject({ issuer: latchkey.url })
    expect(await ask(page, `read("${token}")`)).toMatchObject({ status: 200 })
  })
})

describe('response_mode=web_message in Chromium', () => {
  type Result = { messages: { from: string; data: unknown }[]; tokens?: Record<string, unknown> }

  test('the popup posts the code to the page that opened it, and closes', async () => {
    const page = await open(spa)
    const { messages, tokens } = await ask<Result>(page, 'signInByMessage()')
    expect(messages).toEqual([
      {
        from: latchkey.url,
        data: {
          type: 'authorization_response',
          response: { code: expect.any(String), state: expect.any(String), iss: latchkey.url },
        },
      },
    ])
    expect(tokens).toMatchObject({ token_type: 'Bearer', id_token: expect.any(String) })
    expect(chrome.complaints).toEqual([])
  })

  test('a page of another origin opens it in vain', async () => {
    const redirectUri = JSON.stringify(`${spa.origin}/callback`)
    for (const site of [stranger, strangeSibling]) {
      const page = await open(site)
      expect(await ask(page, `signInByMessage(${redirectUri})`)).toEqual({ messages: [] })
    }
    const page = await open(spa)
    expect(await ask(page, `signInByMessage(${redirectUri})`)).toHaveProperty('tokens')
  })

  test.each([
    ['same-origin-allow-popups', 'hears from its popup, which closes'],
    ['same-origin', 'is cut off from its popup, which stays and leads on'],
  ])('a page with Cross-Origin-Opener-Policy: %s %s', async (policy) => {
    const page = await chrome.context.newPage()
    await page.route(`${spa.origin}/policy`, (route) =>
      route.fulfill({
        contentType: 'text/html',
        headers: { 'cross-origin-opener-policy': policy },
      }),
    )
    await page.goto(`${spa.origin}/policy`)
    const request = new URLSearchParams({
      ...{ client_id: 'spa', redirect_uri: `${spa.origin}/popup`, response_mode: 'web_message' },
      ...{ code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', scope: 'openid' },
      ...{ code_challenge_method: 'S256', login_hint: 'minji' },
    })
    const coming = chrome.context.waitForEvent('page')
    await ask(page, `void open('${latchkey.url}/login/google?${request}')`)
    const popup = await coming
    if (policy === 'same-origin') {
      await popup.locator('#onward').click()
      await popup.waitForURL(`${spa.origin}/popup?code=*`)
    } else if (!popup.isClosed()) {
      await popup.waitForEvent('close')
    }
  })

  test('a refusal is posted too', async () => {
    hint = '!denied'
    const page = await chrome.context.newPage()
    await page.goto(spa.origin)
    const { messages } = await ask<Result>(page, 'signInByMessage()')
    expect(messages).toMatchObject([{ data: { response: { error: 'access_denied' } } }])
  })
})

describe('response_mode=cookie in Chromium', () => {
  async function signInByCookie(page: Page) {
    const url = new URL(`${latchkey.url}/login/google`)
    url.search = new URLSearchParams({
      client_id: 'spa',
      redirect_uri: `${sibling.origin}/home`,
      response_mode: 'cookie',
      state: 'a-state',
      login_hint: 'minji',
    }).toString()
    await page.goto(url.href)
    await page.waitForURL('**/home?*')
  }

  test('the page comes back without a code, and reads /me with a cookie it cannot see', async () => {
    const page = await open(sibling)
    expect(await ask(page, 'call("/me")')).toMatchObject({ status: 401 })
    await signInByCookie(page)
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
      state: 'a-state',
      iss: latchkey.url,
    })
    expect(await ask(page, 'call("/me")')).toMatchObject({
      status: 200,
      body: { identities: [{ provider: 'google' }] },
    })
    expect(await ask(page, 'document.cookie')).toBe('')
    const cookies = (await chrome.context.cookies(latchkey.url)).filter(isOfSession)
    expect(cookies.map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite }))).toEqual([
      { name: 'latchkey-access', httpOnly: true, sameSite: 'Lax' },
      { name: 'latchkey-refresh', httpOnly: true, sameSite: 'Lax' },
    ])
  })

  test('the page edits and renews', async () => {
    const page = await open(sibling)
    await signInByCookie(page)
    const edit = { method: 'PATCH', json: { name: 'By Cookie' } }
    expect(await ask(page, `call('/me', ${JSON.stringify(edit)})`)).toMatchObject({
      status: 200,
      body: { name: 'By Cookie' },
    })
    const before = await chrome.context.cookies(latchkey.url)
    const renew = { method: 'POST', form: { grant_type: 'refresh_token' } }
    const renewed = await ask(page, `call('/token', ${JSON.stringify(renew)})`)
    expect(renewed).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
    // No script ever sees a token.
    expect(Object.keys(renewed.body as object).sort()).toEqual([
      'expires_in',
      'scope',
      'token_type',
    ])
    const after = await chrome.context.cookies(latchkey.url)
    expect(after.map(({ value }) => value)).not.toEqual(before.map(({ value }) => value))
    expect(await ask(page, 'call("/me")')).toMatchObject({ status: 200 })
  })

  test('the page signs out by a form, and comes back', async () => {
    const page = await open(sibling)
    await signInByCookie(page)
    const back = `${sibling.origin}/gone`
    const fields = JSON.stringify({ client_id: 'spa', post_logout_redirect_uri: back })
    // A page that nobody registered sends the same form, with the same cookies.
    const theirs = await open(strangeSibling)
    await ask(theirs, `post('/logout', ${fields})`)
    await theirs.waitForURL(`${latchkey.url}/logout`)
    expect(await theirs.textContent('body')).toContain('Code: csrf')
    expect(await ask(page, 'call("/me")')).toMatchObject({ status: 200 })

    await ask(page, `post('/logout', ${fields})`)
    await page.waitForURL(back)
    expect((await chrome.context.cookies(latchkey.url)).filter(isOfSession)).toEqual([])
    expect(await ask(page, 'call("/me")')).toMatchObject({ status: 401 })
  })

  test('another page on the same site gets nothing and changes nothing', async () => {
    const page = await open(sibling)
    await signInByCookie(page)
    const theirs = await open(strangeSibling)
    expect(await ask(theirs, 'call("/me")')).toEqual({ status: 0, body: null })
    const edit = { method: 'PATCH', json: { name: 'Mallory' } }
    expect(await ask(theirs, `call('/me', ${JSON.stringify(edit)})`)).toMatchObject({ status: 0 })
    // One that needs no preflight arrives, cookies and all.
    const renew = { method: 'POST', form: { grant_type: 'refresh_token' } }
    const before = await chrome.context.cookies(latchkey.url)
    latchkey.logs.length = 0
    await ask(theirs, `call('/token', ${JSON.stringify({ ...renew, mode: 'no-cors' })})`)
    expect(latchkey.logs.join()).toContain('"code":"csrf"')
    expect(await chrome.context.cookies(latchkey.url)).toEqual(before)
    const me = await ask(page, 'call("/me")')
    expect(me).toMatchObject({ status: 200 })
    expect(me.body).not.toMatchObject({ name: 'Mallory' })
    expect(await ask(page, `call('/token', ${JSON.stringify(renew)})`)).toMatchObject({
      status: 200,
    })
  })

  test('a page of another site, registered or not, does not even send the cookie', async () => {
    const page = await open(sibling)
    await signInByCookie(page)
    const elsewhere = await open(spa)
    expect(await ask(elsewhere, 'call("/me")')).toMatchObject({ status: 401 })
    expect(await ask(page, 'call("/me")')).toMatchObject({ status: 200 })
  })
})

/**
 * Not the provider used last and what says that cookies are kept, which outlive the session, nor the flow,
 * which stays for a minute's repeat.
 */
const isOfSession = ({ name }: { name: string }) =>
  !/^latchkey-(provider$|cookies$|flow-)/.test(name)
