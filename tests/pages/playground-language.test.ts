import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { LANGUAGES, type Language } from '../../src/core/pages/language.ts'
import { expectFitsPhone, takePicture } from '../helpers/accessibility.ts'
import { Browser } from '../helpers/browser.ts'
import { usePlayground } from '../helpers/playground.ts'
import { useLatchkey } from '../helpers/stage.ts'

const latchkey = useLatchkey({ EMULATE: 'all' })

describe('the language of the playground', () => {
  const get = (path = '/', headers: Record<string, string> = {}, browser = new Browser()) =>
    browser.send(latchkey.url + path, { headers: { accept: 'text/html', ...headers } })
  const titles = {
    ...{ en: 'Playground', ko: '플레이그라운드', ja: 'プレイグラウンド' },
    ...{ 'zh-Hant': '試用頁', es: 'Área de pruebas' },
  }

  test.each<[what: string, path: string, headers: Record<string, string>, is: Language]>([
    ['English where nothing is asked', '/', {}, 'en'],
    ['that of the browser', '/', { 'accept-language': 'ko-KR,ko;q=0.9,en;q=0.8' }, 'ko'],
    ['Japanese too', '/', { 'accept-language': 'ja' }, 'ja'],
    ['Traditional Chinese in Taiwan', '/', { 'accept-language': 'zh-TW' }, 'zh-Hant'],
    ['Spanish where it is asked for', '/?ui_locales=es-MX', {}, 'es'],
    ['English for one that it does not speak', '/', { 'accept-language': 'fi' }, 'en'],
    ['the one that is asked for', '/?ui_locales=ko', { 'accept-language': 'ja' }, 'ko'],
    ['that of the browser for nonsense', '/?ui_locales=%3Cb%3E', { 'accept-language': 'ja' }, 'ja'],
    ['that of the browser for two', '/?ui_locales=ko&ui_locales=en', {}, 'en'],
    ['the one of its cookie', '/', { cookie: 'latchkey-playground-language=ja' }, 'ja'],
    ['English for a strange cookie', '/', { cookie: 'latchkey-playground-language="><b>' }, 'en'],
  ])('is %s', async (_what, path, headers, is) => {
    const answer = await get(path, headers)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-language')).toBe(is)
    expect(answer.headers.get('vary')).toBe('Accept-Language, Cookie')
    expect(answer.text).toContain(`<html lang="${is}">`)
    expect(answer.text).toContain(`<h1>${titles[is]}</h1>`)
    const others = LANGUAGES.filter((one) => one !== is)
    for (const other of others) expect(answer.text).toContain(`href="/?ui_locales=${other}"`)
    expect(answer.text).not.toContain(`href="/?ui_locales=${is}"`)
    expect(answer.text).toContain(`href="/login?ui_locales=${is}"`)
  })

  test('stays the one that was chosen, also where a login comes back', async () => {
    const browser = new Browser()
    expect((await get('/', {}, browser)).text).toContain('<html lang="en">')
    expect((await get('/?ui_locales=ko', {}, browser)).text).toContain('<html lang="ko">')
    expect((await get('/?code=a&state=b', {}, browser)).text).toContain('<html lang="ko">')
    expect((await get('/?ui_locales=en', {}, browser)).text).toContain('<html lang="en">')
    expect((await get('/', { 'accept-language': 'ko' }, browser)).text).toContain('lang="en">')
  })
})

describe('the playground in Korean, Japanese and Chinese', () => {
  const playground = usePlayground(() => latchkey)

  /** Whatever is to be read outside of code: names of the trade stay as they are everywhere. */
  const inEnglish = (page: Page) =>
    page
      .locator('h1, h2, h3, legend, label, button, figcaption, summary, .steps li, .note, .lead')
      .evaluateAll((all) =>
        all
          .map((one) => String(one.textContent).trim())
          .filter(
            (text) => text !== '' && !/[\p{sc=Hang}\p{sc=Hira}\p{sc=Kana}\p{sc=Han}]/u.test(text),
          ),
      )
  const TRADE =
    /^(×|JavaScript|URL|curl|fetch|\.env|GET \/me|[\w ]+EMULATED|Cookie.*|.* · (GET|POST|DELETE) .*)$/

  test.each([
    ['ko', '한국어', '로그인됨', /계정으로 로그인$/, '로그인했습니다', '갱신', '누구로', '쿠키'],
    ['ja', '日本語', 'ログイン中', /でログイン$/, 'ログインしました', '更新', '誰として', 'Cookie'],
    [
      'zh-Hant',
      '繁體中文',
      '已登入',
      /^使用 \S+ 登入$/,
      '已登入。',
      '更新',
      '以誰的身分',
      'Cookie',
    ],
  ] as const)(
    'speaks it from the choice to the sign-out: %s',
    async (language, name, title, button, notice, refresh, whom, cookie) => {
      const page = await playground.open()
      expect(await inEnglish(page)).toContain('Sign in')
      await page.getByRole('link', { name, exact: true }).click()
      const start = page.getByRole('button', { name: button })
      await start.waitFor()
      const check = async (state: string) => {
        expect(await page.locator('html').getAttribute('lang')).toBe(language)
        expect((await inEnglish(page)).filter((text) => !TRADE.test(text))).toEqual([])
        await expectFitsPhone(page)
        await takePicture(page, `playground/${language}-${state}`)
      }
      await check('sign-in')
      // The language goes with the login.
      await page.getByRole('radio', { name: 'Google' }).check()
      await start.click()
      const asked = playground.requests.find((url) => url.includes('/login/google?'))
      expect(asked).toContain(`ui_locales=${language}`)
      await page.locator('main form button').first().click()
      await page.getByRole('heading', { name: title }).waitFor()
      await page.getByText(notice).waitFor()
      await page.locator('#id-token summary').click()
      await check('signed-in')
      await page.getByRole('button', { name: refresh, exact: true }).click()
      await page.getByRole('status').getByText(refresh).waitFor()
      await page.locator('#sign-out').click()
      await start.waitFor()
      await page.getByLabel(whom).selectOption('!denied')
      await start.click()
      await page.getByRole('alert').getByText('access_denied').waitFor()
      await check('denied')
      await page.getByLabel(whom).selectOption('minji')
      await page.getByRole('radio', { name: cookie }).check()
      await start.click()
      await page.getByRole('heading', { name: title }).waitFor()
      await check('cookie')
      expect(playground.complaints).toEqual([])
    },
    40_000,
  )
})
