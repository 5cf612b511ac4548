import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Emulator, startEmulator } from '../../src/emulator/index.ts'
import { findBarriers, overflowOf } from '../helpers/accessibility.ts'
import { useChromium } from '../helpers/chromium.ts'

const ARTIFACTS = join(import.meta.dirname, '../../.artifacts')

let emulator: Emulator

beforeAll(async () => {
  mkdirSync(ARTIFACTS, { recursive: true })
  emulator = await startEmulator({
    providers: ['kakao', 'linkedin', 'apple'],
    // Where a browser ends: the emulator itself answers 404 there.
    redirectUris: (id) => `${emulator.origin}/${id}/app`,
  })
})
afterAll(() => emulator.close())

/** An authorization request as Latchkey sends it. */
function request(provider: string, parameters: Record<string, string> = {}): string {
  const { CLIENT_ID = '', AUTHORIZATION_ENDPOINT = '' } = emulator.settings[provider] ?? {}
  const query = new URLSearchParams({
    client_id: CLIENT_ID,
    redirect_uri: `${emulator.origin}/${provider}/app`,
    response_type: 'code',
    state: 'a-state',
    ...parameters,
  })
  return `${AUTHORIZATION_ENDPOINT}?${query}`
}

describe('the page on which a persona is picked', () => {
  const chrome = useChromium()

  test.each([
    ['light', 320],
    ['dark', 320],
    ['light', 390],
    ['dark', 1280],
  ] as const)('has no barrier and fits: %s, %i px', async (colorScheme, width) => {
    const page = await chrome.context.newPage()
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 720 })
    await page.goto(request('linkedin', { scope: 'openid profile email' }))
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    // Nobody takes it for the provider.
    await page.getByRole('heading', { name: 'Emulated LinkedIn', level: 1 }).waitFor()
    expect(await page.locator('header').innerText()).toContain('This is not LinkedIn.')
    expect(await findBarriers(page)).toEqual([])
    expect(await overflowOf(page)).toBe(0)
    const heights = await page
      .getByRole('button')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height))
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(44)
    await page.screenshot({
      path: join(ARTIFACTS, `emulator-${colorScheme}-${width}.png`),
      fullPage: true,
    })
    await page.evaluate("document.querySelector('main').style.width = '5000px'")
    expect(await overflowOf(page)).toBeGreaterThan(0)
    expect(chrome.complaints).toEqual([])
  })

  test('is used with the keyboard alone, and says which person is which', async () => {
    const page = await chrome.context.newPage()
    await page.goto(request('kakao'))
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    const focused = page.locator('button:focus')
    expect(await focused.innerText()).toMatch(/^Alex Morgan\s+alex: verified e-mail/)
    const outline = "getComputedStyle(document.querySelector('button:focus')).outlineStyle"
    expect(await page.evaluate(outline)).toBe('solid')
    expect(await page.locator('bdi').first().getAttribute('lang')).toBe('ko')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/kakao\/app\?code=[^&]+&state=a-state$/)
  })

  test('a refused request has a page without a barrier, too', async () => {
    const page = await chrome.context.newPage()
    await page.setViewportSize({ width: 320, height: 720 })
    await page.goto(request('kakao', { client_id: 'another' }))
    await page.getByRole('heading', { name: 'Emulated Kakao: error' }).waitFor()
    expect(await findBarriers(page)).toEqual([])
    expect(await overflowOf(page)).toBe(0)
  })

  test('a form that posts the answer is pressed by hand where scripts are off', async () => {
    const context = await chrome.context.browser()?.newContext({ javaScriptEnabled: false })
    if (context === undefined) throw new Error('no browser')
    try {
      const page = await context.newPage()
      const query = { response_mode: 'form_post', scope: 'name email', login_hint: 'minji' }
      await page.goto(request('apple', query).replaceAll('+', '%20'))
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.waitForURL(`${emulator.origin}/apple/app`)
    } finally {
      await context.close()
    }
  })
})
