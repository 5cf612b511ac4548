import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { meStatus } from '../helpers/apps.ts'
import { startLatchkey } from '../helpers/latchkey.ts'
import { type Held, usePlayground } from '../helpers/playground.ts'
import { freePort, newFolder, startServerProcess } from '../helpers/server-process.ts'
import { useLatchkey } from '../helpers/stage.ts'

const latchkey = useLatchkey({ EMULATE: 'all', ACCESS_TOKEN_TTL: '5s' })

describe('what can surprise on the playground', () => {
  const playground = usePlayground(() => latchkey)
  const { open, choose, start, signIn, signedIn, held } = playground

  const alertOf = (page: Page) => page.getByRole('alert')
  const focused = (page: Page) => page.evaluate<string>('document.activeElement.id')
  const isOver = (page: Page) =>
    alertOf(page).getByText('The session of this tab has ended').waitFor()

  test('an access token that has expired is refreshed where it is met', async () => {
    const cookies = async () => (await playground.context.cookies()).map(({ name }) => name)
    // Four tabs, so that their tokens are waited for at once.
    const [byRefresh, byButton, byReload, byCookie] = [
      await open(),
      await open(),
      await open(),
      await open(),
    ]
    await signIn(byButton, { provider: 'Twitch' })
    const other = (await held(byButton)).tokens?.access_token
    await byButton.getByRole('button', { name: 'Sign in again' }).click()
    await signIn(byButton, { provider: 'Twitch' })
    await signIn(byRefresh)
    await signIn(byReload)
    await signIn(byCookie, { how: 'Cookie' })
    const before = (await held(byButton)).tokens
    const expired = (await held(byRefresh)).tokens?.access_token
    for (const tab of [byRefresh, byButton, byReload]) {
      await tab.getByText('expired: refresh it').waitFor()
    }

    expect(await meStatus(latchkey, expired)).toBe(401)
    await byRefresh.getByRole('button', { name: 'Refresh', exact: true }).click()
    await byRefresh.getByText('Refreshed:').waitFor()
    expect(await byRefresh.locator('#countdown').innerText()).toMatch(/expires in 0:0\d/)
    const fresh = (await held(byRefresh)).tokens?.access_token
    expect(await meStatus(latchkey, fresh)).toBe(200)

    await byButton.getByRole('button', { name: 'End all others', exact: true }).click()
    await byButton.getByText('All other sessions have ended.').waitFor()
    expect((await held(byButton)).tokens?.refresh_token).not.toBe(before?.refresh_token)
    expect(await meStatus(latchkey, other)).toBe(401)

    await byReload.reload()
    await byReload.getByText('The access token had expired, so the page').waitFor()
    await signedIn(byReload)
    expect(await alertOf(byReload).innerText()).toBe('')

    await expect.poll(async () => (await cookies()).includes('latchkey-access')).toBe(false)
    await byCookie.reload()
    await signedIn(byCookie)
    expect(await cookies()).toContain('latchkey-access')
  })

  describe('a session that is over', () => {
    /** Ends it as another device of the person would. */
    async function endElsewhere({ tokens }: Held) {
      const body = new URLSearchParams({
        client_id: 'playground',
        token: tokens?.refresh_token ?? '',
      })
      await fetch(`${latchkey.url}/revoke`, { method: 'POST', body })
    }

    test.each(['End all others', null])(
      'leads back to the sign-in, in plain words: %s',
      async (button) => {
        const page = await open()
        await signIn(page, { provider: 'GitLab' })
        await page.getByRole('button', { name: 'Sign in again' }).click()
        await signIn(page, { provider: 'GitLab' })
        await endElsewhere(await held(page))
        if (button === null) await page.reload()
        else await page.getByRole('button', { name: button, exact: true }).click()
        await isOver(page)
        expect(await held(page)).toBeNull()
        // Whoever uses the keyboard is where it goes on.
        if (button !== null) expect(await focused(page)).toBe('sign-in-title')
        await signIn(page)
      },
    )

    test('in cookies, ended in another tab, does so too', async () => {
      const page = await open()
      await signIn(page, { how: 'Cookie' })
      const other = await playground.context.newPage()
      await other.goto(`${latchkey.url}/logout`)
      await page.getByRole('button', { name: 'Refresh', exact: true }).click()
      await isOver(page)
    })
  })

  test('a server that starts anew with other data: what the tab kept opens nothing and is put away', async () => {
    const port = await freePort()
    const [first, second] = [await newFolder(), await newFolder()]
    const serve = async (folder: { path: string }) => {
      const server = startServerProcess(
        { DATA_DIR: `${folder.path}/data`, EMULATE: 'kakao' },
        { cwd: folder.path, port },
      )
      await server.serving
      return server
    }
    let server = await serve(first)
    try {
      const pages = []
      for (const how of ['Redirect', 'Cookie'] as const) {
        const page = await open(server.url)
        await signIn(page, { how })
        pages.push(page)
      }
      await server.stop()
      await pages[0]?.getByRole('button', { name: 'Refresh', exact: true }).click()
      await pages[0]?.getByText('Latchkey did not answer.').waitFor()
      server = await serve(second)
      for (const page of pages) {
        await page.reload()
        await isOver(page)
        expect(await held(page)).toBeNull()
        await signIn(page)
      }
    } finally {
      await server.stop()
      await Promise.all([first.remove(), second.remove()])
    }
  }, 60_000)

  test('a server that does not answer costs nobody their session', async () => {
    const page = await open()
    await signIn(page)
    await page.route('**/token', (route) => route.abort())
    await page.getByRole('button', { name: 'Refresh', exact: true }).click()
    await alertOf(page).getByText('Latchkey did not answer.').waitFor()
    await page.unroute('**/token')
    await page.getByRole('button', { name: 'Refresh', exact: true }).click()
    await page.getByText('Refreshed:').waitFor()
  })

  describe('a popup', () => {
    test('that the browser blocks: it is said, and the redirect works', async () => {
      await playground.context.addInitScript('window.open = () => null')
      const page = await open()
      await choose(page, { how: 'Popup', as: 'minji' })
      await start(page)
      await alertOf(page).getByText('The browser blocked the popup.').waitFor()
      await signIn(page, { how: 'Redirect' })
    })

    test('that is open is waited for: another click begins nothing else', async () => {
      const page = await open()
      await choose(page, { how: 'Popup' })
      const opened = page.waitForEvent('popup')
      await start(page)
      const popup = await opened
      await page.getByRole('status').getByText('Continue in the window that has opened.').waitFor()
      await page.bringToFront()
      await start(page)
      expect(playground.context.pages()).toHaveLength(2)
      await popup.locator('main form button').first().click()
      await signedIn(page)
    })
  })

  test('Back to the provider after a login: its answer is taken once, nobody is signed out', async () => {
    const page = await open()
    await choose(page, {})
    await start(page)
    const pick = page.locator('main form button').first()
    await pick.click()
    await signedIn(page)
    await page.goBack()
    await pick.click()
    await alertOf(page).getByText('its state is not the one this tab waits for').waitFor()
    await signedIn(page)
  })

  test('Back to the page in the middle of a login, and once more', async () => {
    const page = await open()
    await choose(page, { provider: 'LINE' })
    await start(page)
    await page.locator('main form button').first().waitFor()
    await page.goBack()
    await page.getByRole('button', { name: 'Sign in with LINE' }).click()
    await page.reload()
    await page.locator('main form button').first().click()
    await signedIn(page)
  })

  test('two tabs sign in at once, each for itself', async () => {
    const tabs = [await open(), await open()]
    for (const tab of tabs) {
      await choose(tab, {})
      await start(tab)
      await tab.locator('main form button').first().waitFor()
    }
    for (const [place, tab] of tabs.entries()) {
      await tab.locator('main form button').nth(place).click()
      await signedIn(tab)
    }
    const names = await Promise.all(tabs.map((tab) => tab.locator('.name').innerText()))
    expect(names).toEqual(['김민지', 'Alex Morgan'])
  })

  test('who ends a session by the keyboard stays among the sessions', async () => {
    const page = await open()
    await signIn(page, { provider: 'Spotify' })
    await page.getByRole('button', { name: 'Sign in again' }).click()
    expect(await focused(page)).toBe('sign-in-title')
    await signIn(page, { provider: 'Spotify' })
    await page.getByRole('button', { name: /^End the session/ }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('The session has ended.').waitFor()
    expect(await focused(page)).toBe('sessions-title')
  })

  test('signs out at the provider too', async () => {
    const page = await open()
    await signIn(page, { provider: 'Microsoft' })
    const { tokens } = await held(page)
    await page.getByRole('button', { name: 'Also sign out at Microsoft' }).click()
    await page.getByText('Microsoft was asked to end its own if it can').waitFor()
    expect(playground.requests.some((url) => /:\d+\/microsoft\/.*logout/.test(url))).toBe(true)
    expect(await meStatus(latchkey, tokens?.access_token)).toBe(401)
  })

  test('a message can be put away, and none hides what was pressed', async () => {
    const page = await open()
    await signIn(page)
    await page.getByRole('button', { name: 'Refresh', exact: true }).click()
    const notice = page.getByText('Refreshed:')
    await notice.waitFor()
    expect(await notice.evaluate((one) => one.getBoundingClientRect().top >= 0)).toBe(true)
    await page.getByRole('button', { name: 'Close' }).click()
    expect(await notice.count()).toBe(0)
  })

  test('an ID token of something else is refused, and one as it was issued is taken', async () => {
    const page = await open()
    let change: (tokens: Record<string, string>) => void = () => {}
    await page.route('**/token', async (route) => {
      const answer = await route.fetch()
      const tokens = (await answer.json()) as Record<string, string>
      change(tokens)
      await route.fulfill({ response: answer, json: tokens })
    })
    const changes: (typeof change)[] = [
      (tokens) => delete tokens.id_token,
      (tokens) => claim(tokens, { nonce: 'of-another' }),
      (tokens) => claim(tokens, { aud: 'another' }),
      (tokens) => claim(tokens, { iss: 'http://localhost:1' }),
      (tokens) => claim(tokens, { exp: 1 }),
    ]
    for (change of changes) {
      await choose(page, { as: 'minji' })
      await start(page)
      await alertOf(page).getByText('The ID token was refused').waitFor()
      expect(await held(page)).toBeNull()
      await page.reload()
    }
    change = () => {}
    await signIn(page)
  })

  test('an ID token with another signature is shown, and said not to be verified', async () => {
    const page = await open()
    await page.route('**/token', async (route) => {
      const answer = await route.fetch()
      const tokens = (await answer.json()) as Record<string, string>
      await route.fulfill({ response: answer, json: claim(tokens, { name: 'Mallory' }) })
    })
    await signIn(page)
    await page.locator('#id-token').getByText('signature not verified').waitFor()
    // The user is who GET /me says.
    expect(await page.locator('.name').innerText()).toBe('김민지')
  })

  test('at another address than its own it says where to go, and asks nothing', async () => {
    const page = await playground.context.newPage()
    await page.goto(latchkey.url.replace('localhost', '127.0.0.1'))
    await page.getByRole('status').getByText('PUBLIC_URL').waitFor()
    expect(await page.getByRole('button', { name: /^Sign in/ }).count()).toBe(0)
    expect(playground.requests.filter((url) => url.endsWith('/providers'))).toEqual([])
    await page.getByRole('status').getByRole('link').click()
    await page.getByRole('button', { name: /^Sign in with/ }).waitFor()
  })

  test('where the browser blocks cookies, and so all storage, it says so', async () => {
    const window = await playground.openWindow()
    await window.addInitScript(
      "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('denied', 'SecurityError') } })",
    )
    const page = await window.newPage()
    await page.goto(latchkey.url)
    await page.getByRole('alert').getByText('blocks cookies and storage').waitFor()
    // What can be done without stays.
    expect(await page.locator('.top pre').innerText()).toMatch(/^curl /)
    expect(playground.complaints).toEqual([])
  })

  test('without a provider it says how to get one', async () => {
    const empty = await startLatchkey({ EMULATE: '' })
    try {
      const page = await playground.context.newPage()
      await page.goto(empty.url)
      await page.getByText('No provider is enabled. Set EMULATE=all').waitFor()
      expect(playground.complaints).toEqual([])
    } finally {
      await empty.close()
    }
  })

  test('without JavaScript it shows the command and another way in', async () => {
    const window = await playground.openWindow({ javaScriptEnabled: false, locale: 'ko-KR' })
    const page = await window.newPage()
    await page.goto(latchkey.url)
    expect(await page.locator('noscript').innerText()).toContain('JavaScript가 필요합니다')
    expect(await page.locator('pre').first().innerText()).toMatch(/^curl -sL -c jar -b jar 'http/)
    await page.getByRole('link', { name: 'English' }).click()
    expect(await page.locator('noscript').innerText()).toContain('needs JavaScript')
    await page.locator('noscript').getByRole('link', { name: 'sign in' }).click()
    await page.getByRole('link', { name: /Kakao|카카오/ }).click()
    await page.locator('main form button').first().click()
    await expect.poll(() => page.locator('body').textContent()).toContain('"access_token"')
  })
})

/** Changes what an ID token says, and so breaks its signature. */
function claim(tokens: Record<string, string>, claims: Record<string, unknown>) {
  const [header, payload = '', signature] = (tokens.id_token ?? '').split('.')
  const before = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  const after = Buffer.from(JSON.stringify({ ...before, ...claims })).toString('base64url')
  return Object.assign(tokens, { id_token: [header, after, signature].join('.') })
}
