import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { expectNoBarriers, overflowOf, takePicture } from '../helpers/accessibility.ts'
import { useChromium } from '../helpers/chromium.ts'
import { IN_APP } from '../helpers/in-app.ts'
import { useLatchkey } from '../helpers/stage.ts'

const PHONE = { width: 320, height: 640 }
const latchkey = useLatchkey({ EMULATE: 'all' })

/** The User-Agent of the first app that is left in this way. */
const agentOf = (way: (typeof IN_APP)[number]['way']) =>
  IN_APP.find((one) => one.way === way)?.userAgent ?? ''

describe('in Chromium the sign-in page of an app’s own browser', () => {
  const chrome = useChromium()

  /** A window of that browser on a small phone. */
  async function open(
    way: (typeof IN_APP)[number]['way'],
    options: { locale?: string; javaScriptEnabled?: boolean; path?: string } = {},
  ): Promise<Page> {
    const { path = '/login', ...rest } = options
    const context = await chrome.openWindow({ userAgent: agentOf(way), viewport: PHONE, ...rest })
    const page = await context.newPage()
    page.on('console', (line) => {
      if (line.type() === 'error') chrome.complaints.push(line.text())
    })
    await page.goto(latchkey.url + path)
    return page
  }

  /** Whether the whole element is seen without scrolling. */
  async function isOnFirstScreen(page: Page, selector: string) {
    const box = await page.locator(selector).boundingBox()
    return box !== null && box.y >= 0 && box.y + box.height <= PHONE.height
  }

  const google = (page: Page) => page.getByRole('link', { name: /Google/ })

  test.each([
    ['kakaotalk', 'ko-KR'],
    ['intent', 'en-US'],
    ['line', 'ja-JP'],
    ['copy', 'en-US'],
    ['copy', 'ko-KR'],
    ['copy', 'ja-JP'],
  ] as const)('has the way out on its first screen: %s, %s', async (way, locale) => {
    const page = await open(way, { locale })
    await takePicture(page, `in-app/${way}-${locale}`)
    expect(await isOnFirstScreen(page, '.b-google')).toBe(true)
    await page.evaluate("document.querySelector('details')?.setAttribute('open', '')")
    for (const selector of ['#address-google', '.way-out button']) {
      expect(await isOnFirstScreen(page, selector)).toBe(true)
    }
    expect(await overflowOf(page)).toBe(0)
    expect(chrome.complaints).toEqual([])
  })

  test('has no barrier where what is folded away is shown', async () => {
    const page = await open('copy')
    await page.evaluate("document.querySelector('details')?.setAttribute('open', '')")
    await expectNoBarriers(page)
  })

  test('says on Google’s own button that it opens in the person’s browser', async () => {
    const page = await open('kakaotalk')
    const name = 'Sign in with Google Opens in your browser EMULATED'
    expect(await page.getByRole('link', { name, exact: true }).count()).toBe(1)
    expect(await page.getByText('Opens in your browser').isVisible()).toBe(true)
  })

  test('keeps the address folded where a link leaves the app, and unfolds it where the app ignores that', async () => {
    const page = await open('intent')
    const address = page.getByLabel('Copy this address and open it in your browser')
    expect(await address.isVisible()).toBe(false)
    const href = (await google(page).getAttribute('href')) ?? ''
    // What the app's browser does with an intent that nobody takes.
    const fallback = /;S\.browser_fallback_url=([^;]+);/.exec(href)?.[1] ?? ''
    await page.goto(decodeURIComponent(fallback))
    expect(await address.isVisible()).toBe(true)
    expect(await address.inputValue()).toBe(`${latchkey.url}/login/google`)
  })

  test('unfolds it by keyboard and without a script', async () => {
    const page = await open('kakaotalk', { javaScriptEnabled: false })
    const address = page.getByLabel('Copy this address and open it in your browser')
    expect(await address.isVisible()).toBe(false)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await address.isVisible()).toBe(true)
    expect(await page.getByRole('button').count()).toBe(0)
  })

  test('copies the address where no link leaves the app', async () => {
    const page = await open('copy', { path: '/login?scope=openid' })
    await page.getByRole('button', { name: 'Copy address' }).click()
    await page.getByRole('status').getByText('Copied').waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
      `${latchkey.url}/login/google?scope=openid`,
    )
  })

  test('says so where nothing could be copied, and has the address selected', async () => {
    const page = await open('copy')
    await page.evaluate(
      'navigator.clipboard.writeText = () => Promise.reject(new Error("no")); document.execCommand = () => false',
    )
    await page.getByRole('button', { name: 'Copy address' }).click()
    await page.getByRole('status').getByText('Press and hold the address to copy it').waitFor()
    expect(await page.evaluate('getSelection().toString()')).toBe(`${latchkey.url}/login/google`)
  })

  test('leads from Google’s button to the address, without a script', async () => {
    const page = await open('copy', { javaScriptEnabled: false, locale: 'ko-KR' })
    await google(page).click()
    expect(page.url()).toBe(`${latchkey.url}/login#address-google`)
    const address = page.getByLabel('이 주소를 복사해 브라우저에서 열어 주세요')
    expect(await address.inputValue()).toBe(`${latchkey.url}/login/google`)
    expect(await page.locator('#address-google:focus').count()).toBe(1)
  })

  test('is where an app’s own button for Google ends', async () => {
    const page = await open('kakaotalk', { path: '/login/google?scope=openid' })
    expect(page.url()).toBe(`${latchkey.url}/login?scope=openid`)
    expect(await google(page).getAttribute('href')).toMatch(/^kakaotalk:/)
    await page.goto(`${latchkey.url}/login/kakao?login_hint=minji`)
    expect(await page.content()).toContain('access_token')
  })
})
