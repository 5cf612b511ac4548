import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LANGUAGES } from '../../src/core/pages/language.ts'
import { type Emulator, startEmulator } from '../../src/emulator/index.ts'
import { findBarriers, overflowOf } from '../helpers/accessibility.ts'
import { useChromium } from '../helpers/chromium.ts'

let emulator: Emulator

beforeAll(async () => {
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

  // Barriers, sizes and colours: tests/pages/pictures.test.ts.
  test('is taken for the provider by nobody, and its buttons are easily hit', async () => {
    const page = await chrome.context.newPage()
    await page.setViewportSize({ width: 320, height: 720 })
    await page.goto(request('linkedin', { scope: 'openid profile email' }))
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    await page.getByRole('heading', { name: 'Emulated LinkedIn', level: 1 }).waitFor()
    expect(await page.locator('header').innerText()).toContain('This is not LinkedIn.')
    expect(await overflowOf(page)).toBe(0)
    const heights = await page
      .getByRole('button')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height))
    expect(Math.min(...heights)).toBeGreaterThanOrEqual(44)
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

  test('the buttons of events are pressed with the keyboard, and the page says what came of it', async () => {
    const page = await chrome.context.newPage()
    await page.setViewportSize({ width: 320, height: 720 })
    await page.goto(request('kakao'))
    const button = page.getByRole('button', { name: 'Minji disconnects the app at Kakao' })
    await button.focus()
    await page.keyboard.press('Enter')
    // Nobody answers at that address.
    await page.getByText('The app answered 404.').waitFor()
    expect(await findBarriers(page)).toEqual([])
    expect(await overflowOf(page)).toBe(0)
    await page.getByRole('link', { name: 'All notifications from Kakao' }).click()
    await page.getByRole('heading', { name: 'Notifications from the emulated Kakao' }).waitFor()
    expect(await findBarriers(page)).toEqual([])
    expect(await overflowOf(page)).toBe(0)
    const alex = page.getByRole('region', { name: 'Alex' })
    await alex.getByLabel('How').selectOption({ label: 'forged: another key’s signature' })
    await alex.getByRole('button', { name: 'Kakao signs Alex out everywhere' }).first().click()
    await page.getByText('(forged: another key’s signature)').waitFor()
    expect(chrome.complaints).toEqual([])
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

describe('the emulator’s pages speak the visitor’s language', () => {
  const get = (url: string, language: string) =>
    fetch(url, { headers: { accept: 'text/html', 'accept-language': language } })
  const events = () => `${emulator.origin}/kakao/emulator/events`

  test.each([
    ['ko-KR,ko;q=0.9,en;q=0.8', '', 'ko', 'Kakao 에뮬레이션'],
    ['fr,ja;q=0.5,ko;q=0.4', '', 'ja', 'Kakaoのエミュレーション'],
    ['ko', 'ja en', 'ja', 'Kakaoのエミュレーション'],
    ['zh-TW', '', 'zh-Hant', '模擬的 Kakao'],
    ['zh-CN, es-MX;q=0.5', '', 'es', 'Kakao emulado'],
    ['fr', '', 'en', 'Emulated Kakao'],
    ['ko;q=0', '', 'en', 'Emulated Kakao'],
  ])('Accept-Language %j, ui_locales %j: %s', async (accepted, ui_locales, lang, title) => {
    const url = request('kakao', ui_locales ? { ui_locales } : {})
    const text = await (await get(url, accepted)).text()
    expect(text).toContain(`<html lang="${lang}">`)
    expect(text).toContain(`<h1>${title}</h1>`)
  })

  test.each(LANGUAGES)('each language of the pages is theirs: %s', async (language) => {
    expect(await (await get(request('kakao', {}), language)).text()).toContain(
      `<html lang="${language}">`,
    )
  })

  test('every page of them: the error, the events, and what was sent', async () => {
    const error = await get(request('kakao', { client_id: 'x' }), 'ko')
    expect(await error.text()).toContain('<h1>Kakao 에뮬레이션: 오류</h1>')
    expect(await (await get(events(), 'ko')).text()).toContain('민지: Kakao에서 앱 연결 끊기')
    const sent = await fetch(events(), {
      method: 'POST',
      headers: { accept: 'text/html', 'accept-language': 'ja' },
      body: new URLSearchParams({ kind: 'unlink', persona: 'minji' }),
    })
    expect(await sent.text()).toContain('アプリの応答: 404')
  })
})
