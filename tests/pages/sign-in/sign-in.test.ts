import { copyFileSync, mkdirSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { builtInProviders } from '../../../src/providers/index.ts'
import {
  expectFitsPhone,
  findBarriers,
  overflowOf,
  takePicture,
} from '../../helpers/accessibility.ts'
import { Browser } from '../../helpers/browser.ts'
import { useChromium } from '../../helpers/chromium.ts'
import { startLatchkey } from '../../helpers/latchkey.ts'
import { useLatchkey } from '../../helpers/stage.ts'

const ARTIFACTS = '.artifacts/sign-in'
const REDIRECT = 'https://app.example.com/callback'
const PROOF = `code_challenge=${'c'.repeat(43)}&code_challenge_method=S256`
const latchkey = useLatchkey({
  EMULATE: 'all',
  CLIENTS: 'web',
  CLIENT_WEB_NAME: '<script>alert(1)</script> & Söhne',
  CLIENT_WEB_REDIRECT_URIS: REDIRECT,
  OIDC_PROVIDERS: 'corp',
  CORP_NAME: '<b>Corp</b>',
  CORP_ISSUER: 'https://corp.example.com',
  CORP_CLIENT_ID: 'a',
  CORP_CLIENT_SECRET: 'b',
})

const get = (query = '', headers: Record<string, string> = {}) =>
  new Browser().send(`${latchkey.url}/login${query}`, { headers })

/** The ids of the providers that the page links to, in order. */
const linked = (html: string) =>
  [...html.matchAll(/href="\/login\/([a-z0-9-]+)/g)].map(([, id]) => id)

const ids = [...builtInProviders.map(({ id }) => id), 'corp']

describe('the sign-in page', () => {
  test('has one button per provider, in their own words and the visitor’s language', async () => {
    const english = await get()
    expect(linked(english.text)).toEqual(ids)
    for (const row of builtInProviders) {
      expect(row.button, row.id).not.toBeNull()
      expect(row.button?.mark, row.id).toMatch(
        /^<svg viewBox="[\d. ]+">(<(path|rect) [^<>]*\/>)+<\/svg>$/,
      )
      expect(english.text).toContain(row.button?.labels.en)
    }
    expect((await get('?ui_locales=ko')).text).toContain('카카오 로그인')
    expect((await get('', { 'accept-language': 'ja' })).text).toContain('LINEでログイン')
    expect(english.text).toContain('EMULATED')
  })

  test('names a registered client, escaped, and nobody else', async () => {
    const name = '&lt;script&gt;alert(1)&lt;/script&gt; &amp; Söhne'
    const registered = await get(
      `?client_id=web&redirect_uri=${encodeURIComponent(REDIRECT)}&${PROOF}`,
    )
    expect(registered.text).toContain(`to continue to ${name}`)
    const other = encodeURIComponent('https://evil.example.com/callback')
    expect((await get()).text).not.toContain('to continue to')
    for (const query of [`?client_id=web&redirect_uri=${other}`, '?client_id=none']) {
      const refused = await get(query)
      expect([refused.status, refused.text.includes('to continue to')]).toEqual([400, false])
    }
  })

  test('shows the provider first that this browser used last, and only one that there is', async () => {
    const first = async (cookie: string) => linked((await get('', { cookie })).text)[0]
    expect(await first('latchkey-provider=line')).toBe('line')
    expect((await get('', { cookie: 'latchkey-provider=line' })).text).toContain('Last used')
    for (const cookie of ['latchkey-provider=none', 'latchkey-provider="><script>', 'other=line']) {
      const { text } = await get('', { cookie })
      expect(linked(text)).toEqual(ids)
      expect(text).not.toContain('Last used')
    }
  })

  test('is there in the other languages too, and the choice stays with the login', async () => {
    const { text } = await get('?scope=openid&ui_locales=ko')
    expect(text).toContain('<html lang="ko">')
    expect(text).toContain('href="/login?scope=openid&amp;ui_locales=ja"')
    expect(text).not.toContain('href="/login?scope=openid&amp;ui_locales=ko"')
    expect(text).toContain('href="/login/kakao?scope=openid&amp;ui_locales=ko"')
    // What is no language is no error, and stands nowhere.
    const other = await get('?scope=openid&ui_locales=%3Cscript%3Ealert(1)')
    expect(other.status).toBe(200)
    expect(other.text).not.toContain('alert')
    expect(other.text).toContain('href="/login/kakao?scope=openid"')
  })

  test('loads its own styles by their hashes; a script only where one is needed', async () => {
    const policyFor = async (agent: string) =>
      (await get('', { 'user-agent': agent })).headers.get('content-security-policy') ?? ''
    const policy = await policyFor('Mozilla/5.0 (iPhone)')
    expect(policy).toMatch(
      /^default-src 'none'; style-src( 'sha256-[\w+/]{43}='){2}; img-src data:; frame-/,
    )
    expect(policy).not.toMatch(/unsafe|script-src|https?:/)
    expect(await policyFor('Mozilla/5.0 (iPhone) Instagram 350.0')).toMatch(
      /; script-src 'sha256-[\w+/]{43}=';/,
    )
    expect((await get()).text).not.toMatch(/<script|\sstyle=|\son\w+=/)
  })

  test('keeps the client’s parameters in every link', async () => {
    const { text } = await get('?state=a%22%3E%3Cb&scope=openid')
    expect(linked(text)).toEqual(ids)
    expect(text.match(/\?state=a%22%3E%3Cb&amp;scope=openid"/g)).toHaveLength(ids.length)
  })
})

describe('in Chromium the sign-in page', () => {
  const chrome = useChromium()

  async function open(page: Page, query = '') {
    const hosts = new Set<string>()
    page.on('request', (request) => hosts.add(new URL(request.url()).host))
    await page.goto(`${latchkey.url}/login${query}`)
    return hosts
  }

  test.each(['en', 'ko', 'ja'])('fits a phone and asks nobody else: %s', async (language) => {
    const page = await chrome.context.newPage()
    const query = `?ui_locales=${language}&client_id=web&redirect_uri=${REDIRECT}&${PROOF}`
    const hosts = await open(page, query)
    await takePicture(page, `sign-in/${language}`)
    await expectFitsPhone(page)
    expect([...hosts]).toEqual([new URL(latchkey.url).host])
    expect(chrome.complaints).toEqual([])
  })

  test('has barriers that would be found (the control of the pictures, which find none)', async () => {
    const page = await chrome.context.newPage()
    await open(page)
    await page.addStyleTag({ content: '.action { color: #ccc !important }' }).catch(() => {})
    await page.evaluate(
      "document.querySelector('h1').remove(); document.documentElement.lang = '';",
    )
    expect((await findBarriers(page)).join()).toContain('html-has-lang')
  })

  test('shows every mark in forced colours', async () => {
    const page = await chrome.context.newPage()
    await open(page)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, forcedColors: 'active' })
      const colours = await page.evaluate<[fill: string, background: string][]>(
        "[...document.querySelectorAll('.mark :is(path, rect)')].map((path) => [getComputedStyle(path).fill, getComputedStyle(path.closest('a')).backgroundColor])",
      )
      expect(colours.length).toBeGreaterThan(8)
      for (const [fill, background] of colours) expect(fill).not.toBe(background)
      expect(new Set(colours.map(([fill]) => fill)).size).toBe(1)
    }
  })

  test('is read whole with text of twice the size, and with a page of four times', async () => {
    const page = await chrome.context.newPage()
    // 1280 px wide at 400 %: what a small phone has.
    for (const [width, fontSize] of [
      [1280, '200%'],
      [390, '200%'],
      [320, '100%'],
    ] as const) {
      await page.setViewportSize({ width, height: 256 })
      await open(page)
      await page.evaluate(`document.documentElement.style.fontSize = '${fontSize}'`)
      expect(await overflowOf(page)).toBe(0)
      const cut = await page
        .locator('.label')
        .evaluateAll(
          (labels) =>
            labels
              .map((label) => label as unknown as { scrollWidth: number; clientWidth: number })
              .filter((label) => label.scrollWidth > label.clientWidth).length,
        )
      expect(cut).toBe(0)
    }
  })

  test('takes its pictures for the README', async () => {
    const providers = ['GOOGLE', 'KAKAO', 'NAVER', 'GITHUB', 'LINE', 'DISCORD']
    const shop = await startLatchkey({
      ...Object.fromEntries(
        providers.flatMap((id) => [
          [`${id}_CLIENT_ID`, 'a'],
          [`${id}_CLIENT_SECRET`, 'b'],
        ]),
      ),
      // Nothing is there: no picture needs the network.
      GOOGLE_ISSUER: 'http://localhost:9',
      CLIENTS: 'web',
      CLIENT_WEB_NAME: 'Example Shop',
      CLIENT_WEB_REDIRECT_URIS: REDIRECT,
    })
    mkdirSync(ARTIFACTS, { recursive: true })
    const page = await chrome.context.newPage()
    await page.setViewportSize({ width: 640, height: 660 })
    await chrome.context.addCookies([{ name: 'latchkey-provider', value: 'kakao', url: shop.url }])
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.goto(`${shop.url}/login?client_id=web&redirect_uri=${REDIRECT}&${PROOF}`)
      const picture = `${ARTIFACTS}/sign-in-${colorScheme}.png`
      await page.screenshot({ path: picture })
      // UPDATE_PICTURES=1 puts them where the README shows them.
      if (process.env.UPDATE_PICTURES === '1') {
        mkdirSync('docs', { recursive: true })
        copyFileSync(picture, `docs/sign-in-${colorScheme}.png`)
      }
    }
    await shop.close()
  })

  test('is walked by Tab in the order in which it is read, and shows where the focus is', async () => {
    const page = await chrome.context.newPage()
    await open(page, '?scope=openid')
    const links = ids.map((id) => `/login/${id}?scope=openid`)
    const languages = ['ko', 'ja'].map((one) => `/login?scope=openid&ui_locales=${one}`)
    for (const href of [...links, ...languages]) {
      await page.keyboard.press('Tab')
      const focused = page.locator(':focus-visible')
      expect(await focused.getAttribute('href')).toBe(href)
      const outline = 'getComputedStyle(document.activeElement).outlineWidth'
      expect(await page.evaluate(outline)).toBe('3px')
      expect((await focused.boundingBox())?.height).toBeGreaterThanOrEqual(44)
    }
  })

  test('works by keyboard alone and without script', async () => {
    const page = await (await chrome.openWindow({ javaScriptEnabled: false })).newPage()
    await page.goto(`${latchkey.url}/login`)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/kakao\//)
    expect(new URL(page.url()).hostname).toMatch(/^(localhost|127\.0\.0\.1)$/)
  })

  test('runs nothing that stands in a name', async () => {
    const page = await chrome.context.newPage()
    let dialogs = 0
    page.on('dialog', (dialog) => {
      dialogs += 1
      return dialog.dismiss()
    })
    const state = encodeURIComponent('"><img src=x onerror=alert(1)><script>alert(1)</script>')
    await open(page, `?client_id=web&redirect_uri=${REDIRECT}&state=${state}&${PROOF}`)
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.getByText('<script>alert(1)</script> & Söhne').count()).toBe(1)
    expect(await page.getByText('<b>Corp</b>').count()).toBe(1)
    expect([dialogs, await page.locator('script, main b').count()]).toEqual([0, 0])
  })

  test('marks the provider that signed this browser in', async () => {
    const page = await chrome.context.newPage()
    await page.goto(`${latchkey.url}/login/naver?login_hint=minji`)
    await page.goto(`${latchkey.url}/login`)
    const first = page.locator('a.provider').first()
    expect(await first.getAttribute('href')).toBe('/login/naver')
    expect(await first.textContent()).toContain('Last used')
  })
})
