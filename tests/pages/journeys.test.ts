import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { overflowOf, takePicture } from '../helpers/accessibility.ts'
import { useChromium } from '../helpers/chromium.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { type Shop, startShop } from '../helpers/shop.ts'

/** A phone as people hold it. */
const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true }

/** What a browser can meet of the codes that the contract names, and how it gets there. */
const problems: [code: string, status: number, path: string][] = [
  ['unknown_provider', 404, '/login/nope'],
  ['invalid_request', 400, '/login/kakao?state=a&state=b'],
  ['invalid_state', 400, '/login/kakao/callback?code=x&state=y'],
  ['access_denied', 403, '/login/kakao?login_hint=!denied'],
  ['invalid_code', 400, '/login/kakao?login_hint=!used-code'],
  ['invalid_provider_response', 502, '/login/kakao?login_hint=!html'],
  ['provider_error', 502, '/login/kakao?login_hint=!server-error'],
  ['provider_timeout', 504, '/login/kakao?login_hint=!slow'],
]

let shop: Shop
let latchkey: Latchkey

beforeAll(async () => {
  shop = await startShop()
  latchkey = await startLatchkey(
    { EMULATE: 'kakao,google', ...shop.settings },
    { outboundMs: 3_000 },
  )
})
afterAll(async () => {
  await latchkey.close()
  await shop.close()
})

describe('on a phone', () => {
  const chrome = useChromium(PHONE)
  let page: Page

  beforeEach(async () => {
    if (chrome.context === undefined) return
    page = await chrome.context.newPage()
    page.setDefaultTimeout(20_000)
  })

  /** A page of ours: it fits, and nothing in it went wrong. */
  async function look(at: Page, name: string) {
    await takePicture(at, `journeys/${name}`)
    expect(await overflowOf(at)).toBe(0)
    expect(chrome.complaints).toEqual([])
  }

  const start = (tab: Page, changes?: Record<string, string>) =>
    tab.goto(`${latchkey.url}/login/kakao${shop.asks(changes)}`)
  /** On the provider's page, which the emulator plays. */
  const press = (tab: Page, name: string) => tab.getByRole('button', { name }).first().click()
  const refused = () => page.getByRole('heading', { name: 'Signing in did not work' }).waitFor()

  test('a person comes from the shop, chooses a provider, signs in and is back', async () => {
    await page.goto(`${latchkey.url}/login${shop.asks()}`)
    await look(page, 'sign-in')
    await page.getByRole('link', { name: 'Kakao' }).click()
    await page.waitForURL(/\/kakao\//)
    await press(page, '김민지')
    await shop.redeem(page, latchkey)
    expect(await page.locator('h1').innerText()).toBe('signed in')
  })

  test.each(problems)('%s has its page, with a way on', { timeout: 60_000 }, async (...problem) => {
    const [code, status, path] = problem
    const answer = await page.goto(latchkey.url + path)
    expect(answer?.status()).toBe(status)
    expect(await page.locator('p.quiet').last().innerText()).toContain(code)
    await look(page, code)
    const [first] = await page.getByRole('link').all()
    await first?.click()
    await page.waitForURL((url) => url.href !== latchkey.url + path)
    // Back to a login, at the provider or with the choice; never to the same page.
    expect(await page.locator('p.quiet').filter({ hasText: code }).count()).toBe(0)
  })

  test('temporarily_unavailable has its page, and it says when to come again', async () => {
    const testDatabase = await createTestDatabase()
    const stranded = await startLatchkey({ EMULATE: 'kakao' }, { testDatabase })
    try {
      await page.goto(`${stranded.url}/login/kakao`)
      await testDatabase.drop()
      const answered = page.waitForResponse(/\/callback\?/)
      await press(page, '김민지')
      const answer = await answered
      expect(answer.status()).toBe(503)
      expect(Number((await answer.allHeaders())['retry-after'])).toBeGreaterThan(0)
      await refused()
      await look(page, 'temporarily_unavailable')
      expect(await page.getByRole('link', { name: 'Try again' }).count()).toBe(1)
    } finally {
      await stranded.close()
    }
  })

  test('rate_limited has its page, and it says when to come again', async () => {
    const limited = await startLatchkey({ EMULATE: 'kakao', RATE_LIMIT: 'on' })
    try {
      expect((await page.goto(`${limited.url}/login/kakao`))?.status()).toBe(200)
      for (let i = 0; i < 60; i++) await fetch(`${limited.url}/login/kakao`, { redirect: 'manual' })
      const answer = await page.goto(`${limited.url}/login/kakao`)
      expect(answer?.status()).toBe(429)
      expect(Number((await answer?.allHeaders())?.['retry-after'])).toBeGreaterThan(0)
      await refused()
      await look(page, 'rate_limited')
      expect(await page.getByRole('link', { name: 'Try again' }).count()).toBe(1)
    } finally {
      await limited.close()
    }
  })

  test('a popup signs in, and the page below it learns so', async () => {
    await page.goto(`${shop.origin}/`)
    const query = shop.asks({ response_mode: 'web_message' })
    const opened = page.waitForEvent('popup')
    await page.evaluate(
      `void window.open(${JSON.stringify(`${latchkey.url}/login${query}`)}, 'sign-in', 'width=480,height=640')`,
    )
    const popup = await opened
    await popup.getByRole('link', { name: 'Kakao' }).click()
    await press(popup, '김민지')
    await page.waitForFunction('window.got !== undefined')
    const { origin, data } = await page.evaluate<{
      origin: string
      data: { response: Record<string, string> }
    }>('window.got')
    expect(origin).toBe(latchkey.url)
    expect(data.response).toMatchObject({ code: expect.any(String), state: 'state-of-the-shop' })
    await expect.poll(() => popup.isClosed()).toBe(true)
  })

  test('two tabs that finish in reverse order both arrive, each with its own state', async () => {
    const second = await chrome.context.newPage()
    await start(page, { state: 'of-the-first' })
    await start(second, { state: 'of-the-second' })
    await press(second, '김민지')
    await shop.redeem(second, latchkey, 'of-the-second')
    await press(page, '김민지')
    await shop.redeem(page, latchkey, 'of-the-first')
  })

  test('back after a success, and once more: the app gets the same answer', async () => {
    await start(page)
    await press(page, '김민지')
    await shop.redeem(page, latchkey)
    await page.goBack()
    await press(page, '김민지')
    await shop.redeem(page, latchkey)
  })

  test('back after a failure, to choose otherwise: the app is told the same', async () => {
    await start(page)
    await press(page, '!denied')
    await page.getByRole('heading', { name: 'access_denied' }).waitFor()
    await page.goBack()
    await press(page, '김민지')
    await page.getByRole('heading', { name: 'access_denied' }).waitFor()
  })

  test('back from the page of a failure, where no app waits: the login starts again', async () => {
    await page.goto(`${latchkey.url}/login/kakao`)
    await press(page, '!denied')
    await refused()
    await page.goBack()
    await press(page, '김민지')
    await refused()
    await look(page, 'back-from-failure')
    await page.getByRole('link', { name: 'Try again' }).click()
    await press(page, '김민지')
    await page.getByText('"access_token"').waitFor({ state: 'attached' })
  })
})
