import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { takePicture } from '../helpers/accessibility.ts'
import { useChromium } from '../helpers/chromium.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'

/** A key, in dark ink, with a script that must never run. */
const SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><script>document.title = "ran"</script><circle cx="20" cy="20" r="14" fill="#1b1f24"/><path style="fill:#1b1f24" d="M34 17h80v6h-6v8h-6v-8h-6v8h-6v-8H34z"/></svg>'
const PAGES = ['/login', '/nothing', '/login/kakao/callback?code=a&state=b']

const folder = mkdtempSync(join(tmpdir(), 'latchkey-brand-'))
const path = join(folder, 'logo')
let latchkey: Latchkey
const settings = {
  EMULATE: 'kakao,google',
  BRAND_NAME: '</title> & Söhne\u202e',
  BRAND_LOGO: path,
  BRAND_COLOR: '#7a0019',
  TERMS_URL: 'https://example.com/terms?a="b"&c',
  PRIVACY_URL: 'https://example.com/privacy',
}

beforeAll(async () => {
  writeFileSync(path, SVG)
  latchkey = await startLatchkey(settings, { path: '/auth' })
})
afterAll(async () => {
  await latchkey.close()
  rmSync(folder, { recursive: true })
})

const page = (at: string, headers: Record<string, string> = {}) =>
  fetch(latchkey.url + at, { headers: { accept: 'text/html', ...headers } })
const logoOf = (html: string) => /<img src="([^"]+)" alt="([^"]*)">/.exec(html)?.[1] ?? ''

test('the sign-in and error pages have the name, the logo, the colour and the links', async () => {
  for (const at of PAGES) {
    const html = await (await page(at)).text()
    expect(html).toContain('· &lt;/title&gt; &amp; Söhne</title>')
    expect(html).toContain('alt="&lt;/title&gt; &amp; Söhne"')
    expect(html).toContain('--button: #7a0019; --button-text: #ffffff')
    expect(html).toContain('href="https://example.com/terms?a=%22b%22&amp;c">Terms of service</a>')
    expect(html).toContain('href="https://example.com/privacy">Privacy policy</a>')
  }
  const korean = await (await page('/login', { 'accept-language': 'ko' })).text()
  expect(korean).toContain('>개인정보처리방침</a>')
})

test('pages without a brand have none of it, and load no image, nor ask for an icon', async () => {
  const plain = await startLatchkey({ EMULATE: 'kakao' })
  try {
    const answer = await fetch(`${plain.url}/login`)
    expect(answer.headers.get('content-security-policy')).toContain('; img-src data:;')
    const text = await answer.text()
    expect(text).not.toMatch(/<img|class="(brand|legal)|·/)
    expect(text).toContain('<link rel="icon" href="data:,">')
  } finally {
    await plain.close()
  }
})

test('the logo is read once and served as what its bytes are, to be kept, and to run nothing', async () => {
  const answer = await page('/login')
  expect(answer.headers.get('content-security-policy')).toContain("img-src 'self'")
  const address = logoOf(await answer.text())
  expect(address).toMatch(/^\/auth\/brand\/logo\/[\w-]{16}$/)
  const url = new URL(address, latchkey.url)
  writeFileSync(path, 'changed since')
  const logo = await fetch(url)
  writeFileSync(path, SVG)
  expect(await logo.text()).toBe(SVG)
  expect(logo.headers.get('content-type')).toBe('image/svg+xml')
  expect(logo.headers.get('x-content-type-options')).toBe('nosniff')
  expect(logo.headers.get('content-security-policy')).toMatch(/^default-src 'none'.*; sandbox$/)
  expect(logo.headers.get('cache-control')).toBe('public, max-age=31536000')
})

test('another logo has another address, and the old one leads there', async () => {
  writeFileSync(path, SVG.replace('#1b1f24', '#20252b'))
  const { testDatabase, url: publicUrl } = latchkey
  const later = await startLatchkey(settings, { testDatabase, path: '/auth', publicUrl })
  writeFileSync(path, SVG)
  try {
    const [before, after] = await Promise.all(
      [latchkey, later].map(async ({ url }) => logoOf(await (await fetch(`${url}/login`)).text())),
    )
    expect(before).not.toBe(after)
    const old = await fetch(new URL(before ?? '', later.url), { redirect: 'manual' })
    expect([old.status, old.headers.get('cache-control')]).toEqual([302, 'no-store'])
    expect(new URL(old.headers.get('location') ?? '', old.url).pathname).toBe(after)
    expect((await fetch(new URL(after ?? '', later.url))).status).toBe(200)
  } finally {
    await later.close()
  }
})

describe('in Chromium', () => {
  const chrome = useChromium()

  test('the logo is drawn on the branded pages, and runs nothing', async () => {
    const tab = await chrome.context.newPage()
    for (const [name, at] of [
      ['sign-in', '/login'],
      ['problem', '/login/kakao/callback?code=a&state=b'],
    ] as const) {
      await tab.goto(latchkey.url + at)
      const width = 'document.querySelector(".brand img").naturalWidth'
      expect(await tab.evaluate(width)).toBeGreaterThan(0)
      await takePicture(tab, `brand/${name}`)
      await tab.emulateMedia({ colorScheme: 'dark' })
      await takePicture(tab, `brand/${name}-dark`)
      await tab.emulateMedia({ colorScheme: null })
    }
    const address = await tab.locator('.brand img').getAttribute('src')
    await tab.goto(new URL(address ?? '', latchkey.url).href)
    expect(await tab.title()).not.toBe('ran')
    expect(chrome.complaints).toEqual([])
  })
})
