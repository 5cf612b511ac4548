import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { failures, personas } from '../../src/emulator/personas.ts'
import { expectNoBarriers, overflowOf } from '../helpers/accessibility.ts'
import { meStatus } from '../helpers/apps.ts'
import { usePlayground } from '../helpers/playground.ts'
import { useLatchkey } from '../helpers/stage.ts'

const latchkey = useLatchkey({ EMULATE: 'all' })

const me = (token: string | undefined) => meStatus(latchkey, token)

describe('the playground in Chromium', () => {
  const playground = usePlayground(() => latchkey)
  const { open, choose, start, signIn, signedIn, held } = playground

  test('signs in by redirect, through the page of the provider', async () => {
    const page = await open()
    await choose(page, { provider: 'Kakao', how: 'Redirect' })
    await start(page)
    await page.getByText(/^김민지$/).click()
    await signedIn(page)
    await page.waitForFunction("document.activeElement.id === 'user-title'")
    // No code stays in the address, and none in the history.
    expect(page.url()).toBe(`${latchkey.url}/`)
    expect(await page.locator('main').innerText()).toMatch(
      /김민지[\s\S]*minji@kakao[\s\S]*verified/,
    )
    await page.getByText('signature verified with jwks.json').first().waitFor()
    expect(await page.locator('#countdown').innerText()).toMatch(/expires in (10:00|9:5\d)/)
    expect(playground.complaints).toEqual([])
  })

  test('signs in by a popup, and stays where it is', async () => {
    const page = await open()
    await choose(page, { provider: 'Google', how: 'Popup' })
    const opened = page.waitForEvent('popup')
    await start(page)
    const popup = await opened
    const closed = popup.waitForEvent('close')
    await popup.locator('main form button').first().click()
    await closed
    await signedIn(page)
    expect((await held(page)).tokens).toHaveProperty('access_token')
    expect(playground.complaints).toEqual([])
  })

  test('says so where the popup is closed, and works at the next try', async () => {
    const page = await open()
    await choose(page, { how: 'Popup' })
    const opened = page.waitForEvent('popup')
    await start(page)
    await (await opened).close()
    await page.getByText('The popup was closed before an answer came.').waitFor()
    await signIn(page)
  })

  test('signs in by cookie, and sees no token', async () => {
    const page = await open()
    await signIn(page, { how: 'Cookie' })
    expect((await held(page)).tokens).toBeNull()
    expect(await page.content()).not.toContain('eyJ')
    const cookies = async () =>
      (await playground.context.cookies()).filter(({ name }) => /access|refresh/.test(name))
    const before = await cookies()
    expect(before.map(({ httpOnly }) => httpOnly)).toEqual([true, true])
    await page.getByRole('button', { name: 'Refresh', exact: true }).click()
    await page.getByText('Refreshed:').waitFor()
    expect((await cookies()).map(({ value }) => value)).not.toEqual(before.map((one) => one.value))
    await page.reload()
    await signedIn(page)
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByText('Signed out').waitFor()
    expect(await cookies()).toEqual([])
    expect(playground.complaints).toEqual([])
  })

  test('refreshes: other tokens, the same user', async () => {
    const page = await open()
    await signIn(page)
    const first = (await held(page)).tokens
    await page.getByRole('button', { name: 'Refresh', exact: true }).focus()
    await page.keyboard.press('Enter')
    await page.getByText('Refreshed:').waitFor()
    const second = (await held(page)).tokens
    expect(second?.access_token).not.toBe(first?.access_token)
    expect(second?.refresh_token).not.toBe(first?.refresh_token)
    // Whoever uses the keyboard is where they were.
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('refresh')
    expect(await me(second?.access_token)).toBe(200)
  })

  test('signs out: the session is over', async () => {
    const page = await open()
    await signIn(page)
    const token = (await held(page)).tokens?.access_token
    expect(await me(token)).toBe(200)
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByText('Signed out: the session has ended.').waitFor()
    expect(await me(token)).toBe(401)
    expect(await held(page)).toBeNull()
  })

  test('signs out without an ID token to show, too', async () => {
    const page = await open()
    await signIn(page, { idToken: false })
    const token = (await held(page)).tokens
    expect(token).not.toHaveProperty('id_token')
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await page.getByText('Signed out: the session has ended.').waitFor()
    expect(await me(token?.access_token)).toBe(401)
  })

  test('revokes', async () => {
    const page = await open()
    await signIn(page)
    const token = (await held(page)).tokens?.access_token
    await page.getByRole('button', { name: 'Revoke tokens', exact: true }).click()
    await page.getByText('Revoked:').waitFor()
    expect(await me(token)).toBe(401)
  })

  test('lists the sessions, ends one, ends all others', async () => {
    const page = await open()
    // A person of this test alone: sessions of other tests are not hers.
    await signIn(page, { provider: 'LINE', as: 'yuki' })
    const sessions = page.locator('.list li')
    const endOthers = page.getByRole('button', { name: 'End all others', exact: true })
    expect(await sessions.count()).toBe(1)
    expect(await endOthers.isDisabled()).toBe(true)
    const tokens = [(await held(page)).tokens?.access_token]
    for (const count of [2, 3]) {
      await page.getByRole('button', { name: 'Sign in again' }).click()
      await signIn(page, { provider: 'LINE', as: 'yuki' })
      tokens.push((await held(page)).tokens?.access_token)
      expect(await sessions.count()).toBe(count)
    }
    const statuses = () => Promise.all(tokens.map((token) => me(token)))
    expect(await statuses()).toEqual([200, 200, 200])
    await page
      .getByRole('button', { name: /^End the session/ })
      .first()
      .click()
    await page.getByText('The session has ended.').waitFor()
    expect(await sessions.count()).toBe(2)
    expect((await statuses()).filter((status) => status === 200)).toHaveLength(2)
    await endOthers.click()
    await page.getByText('All other sessions have ended.').waitFor()
    expect(await statuses()).toEqual([401, 401, 200])
  })

  test('tells in plain words of a person who declines, and signs in the next', async () => {
    const page = await open()
    await choose(page, { as: '!denied' })
    await start(page)
    const alert = page.getByRole('alert')
    await alert.getByText('The person or the provider said no').waitFor()
    expect(await alert.innerText()).toContain('access_denied')
    // What was chosen is still chosen.
    expect(await page.getByLabel('Sign in as').inputValue()).toBe('!denied')
    await signIn(page)
    expect(await alert.innerText()).toBe('')
  })

  test.each([
    ['!server-error', 'Redirect'],
    ['!html', 'Popup'],
  ] as const)('tells of a provider’s failure: %s, %s', async (as, how) => {
    const page = await open()
    await choose(page, { as, how })
    await start(page)
    const alert = page.getByRole('alert')
    await alert.getByText('The provider could not sign you in.').waitFor()
    expect(await alert.innerText()).toContain('server_error')
    expect(await held(page)).toBeNull()
  })

  /** A login up to the redirect to the page, which is given and not yet followed. */
  async function answerOf(page: Page): Promise<URL> {
    const isStart = (url: URL) => url.pathname.startsWith('/login/')
    await page.route(isStart, (route) => route.fulfill({ status: 200, body: 'held' }))
    await choose(page, { as: 'minji' })
    await start(page)
    await page.getByText('held').waitFor()
    await page.unroute(isStart)
    let url = page.url()
    while (!url.startsWith(`${latchkey.url}/?`)) {
      const answer = await playground.context.request.get(url, { maxRedirects: 0 })
      url = new URL(answer.headers().location ?? '', url).href
    }
    return new URL(url)
  }

  test.each<[what: string, change: (url: URL) => void, words: string | null]>([
    ['with its own state and issuer is taken', () => {}, null],
    [
      'with the state of another is refused',
      (url) => url.searchParams.set('state', 'of-another'),
      'its state is not the one this tab waits for',
    ],
    [
      'without a state is refused',
      (url) => url.searchParams.delete('state'),
      'its state is not the one this tab waits for',
    ],
    [
      'of another issuer is refused',
      (url) => url.searchParams.set('iss', 'http://localhost:1'),
      'it does not name this Latchkey as its issuer',
    ],
  ])('an answer %s', async (_what, change, words) => {
    const page = await open()
    const answer = await answerOf(page)
    change(answer)
    playground.requests.length = 0
    await page.goto(answer.href)
    if (words === null) await signedIn(page)
    else await page.getByRole('alert').getByText(words).waitFor()
    const swaps = playground.requests.filter((url) => url === `${latchkey.url}/token`)
    expect(swaps).toHaveLength(words === null ? 1 : 0)
    expect(page.url()).toBe(`${latchkey.url}/`)
    expect((await held(page)) === null).toBe(words !== null)
  })

  test('an answer that nobody asked for is refused, and markup in it stays text', async () => {
    const page = await open(
      `${latchkey.url}/?error=access_denied&error_description=<img src=x onerror=alert(1)>`,
    )
    await page.getByRole('alert').getByText('This answer was refused').waitFor()
    expect(await page.locator('main img').count()).toBe(0)
    expect(playground.complaints).toEqual([])
  })

  test('an odd person breaks nothing: markup stays text, a long name stays in its place', async () => {
    const page = await open()
    await choose(page, { provider: 'Google' })
    await start(page)
    await page.locator('form', { hasText: 'emoji' }).getByRole('button').click()
    await signedIn(page)
    expect(await page.locator('.name').innerText()).toContain('<b>&"\'</b>')
    await page.setViewportSize({ width: 320, height: 640 })
    expect(await overflowOf(page)).toBe(0)
  })

  test('has no barrier where it failed', async () => {
    const page = await open()
    await choose(page, { as: '!denied' })
    await start(page)
    await page.getByRole('alert').getByText('The person or the provider said no').waitFor()
    await expectNoBarriers(page)
  })

  test('is used with the keyboard alone', async () => {
    const page = await open()
    await page.getByRole('radio', { name: 'Google' }).focus()
    await page.keyboard.press('ArrowRight')
    expect(await page.getByRole('radio', { name: 'Kakao' }).isChecked()).toBe(true)
    // Past the providers that are folded away, and the ways.
    for (const _ of ['more', 'way', 'person']) await page.keyboard.press('Tab')
    await page.keyboard.press('m')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await signedIn(page)
    expect(await page.locator('.name').innerText()).toContain('김민지')
  })

  test('asks nobody beyond this machine, and keeps nothing beyond this tab', async () => {
    const page = await open()
    await signIn(page, { provider: 'Google' })
    expect(playground.requests.length).toBeGreaterThan(5)
    const elsewhere = playground.requests.filter(
      (url) => !/^(http:\/\/(localhost|127\.0\.0\.1):|data:)/.test(url),
    )
    expect(elsewhere).toEqual([])
    expect(await page.evaluate<number>('localStorage.length')).toBe(0)
    const other = await open()
    expect(await other.getByRole('heading', { name: 'Signed in' }).count()).toBe(0)
    await page.reload()
    await signedIn(page)
  })

  test.each([
    ['minji', 'verified'],
    ['yuki', 'not verified'],
    ['sora', 'no e-mail'],
  ])('says what is known of the address of %s: %s', async (as, badge) => {
    const page = await open()
    await signIn(page, { provider: 'Google', as })
    expect(await page.locator('.person .badge').innerText()).toBe(badge)
  })

  test('offers the people and the failures that the emulator plays', async () => {
    const page = await open()
    const hints = await page
      .locator('#hint option')
      .evaluateAll((options) =>
        options.map((option) => (option as unknown as { value: string }).value),
      )
    const played = ['', ...personas.map(({ id }) => id), ...Object.keys(failures)]
    expect(hints.filter((hint) => !played.includes(hint))).toEqual([])
    expect(hints).toEqual(expect.arrayContaining(['minji', 'alex', 'sora', 'yuki', '!denied']))
  })
})
