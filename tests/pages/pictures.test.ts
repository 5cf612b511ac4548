import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectNoBarriers, tooWide } from '../helpers/accessibility.ts'
import { useChromium } from '../helpers/chromium.ts'
import { IN_APP } from '../helpers/in-app.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { differenceOf, expectAsKept, picture, TOLERANCE } from '../helpers/pictures.ts'
import { type Shop, startShop } from '../helpers/shop.ts'

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><circle cx="20" cy="20" r="14"/><path d="M34 17h80v6h-6v8h-6v-8h-6v8h-6v-8H34z"/></svg>'
const OVER = '/login/kakao/callback?code=a&state=b'

let shop: Shop
let open: Latchkey
let strict: Latchkey
const folder = mkdtempSync(join(tmpdir(), 'latchkey-pictures-'))
beforeAll(async () => {
  shop = await startShop()
  const shared = { EMULATE: 'google,kakao,apple,facebook', ...shop.settings }
  const logo = join(folder, 'logo.svg')
  writeFileSync(logo, LOGO)
  open = await startLatchkey(shared)
  strict = await startLatchkey({
    ...shared,
    ...{ DIRECT_ANSWER: 'off', SIGN_UP: 'corp.example', RATE_LIMIT: 'on' },
    ...{ BRAND_NAME: 'Example', BRAND_LOGO: logo, BRAND_COLOR: '#7a0019' },
    ...{ TERMS_URL: 'https://example.com/terms', PRIVACY_URL: 'https://example.com/privacy' },
  })
})
afterAll(async () => {
  await strict.close()
  await open.close()
  await shop.close()
  rmSync(folder, { recursive: true })
})

/** How a browser gets to each page of ours. */
const PAGES: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  'sign-in': (page) => page.goto(`${open.url}/login${shop.asks()}`),
  'sign-in-branded': (page) => page.goto(`${strict.url}/login${shop.asks()}`),
  'sign-in-in-app': (page) => page.goto(`${open.url}/login${shop.asks()}`),
  problem: async (page) => {
    // A browser that keeps cookies.
    await page.goto(`${open.url}/login/kakao${shop.asks()}`)
    await page.goto(open.url + OVER)
  },
  'not-found': (page) => page.goto(`${open.url}/nothing`),
  'without-app': (page) => page.goto(`${strict.url}/login`),
  cookies: (page) => page.goto(open.url + OVER),
  refusal: (page) => page.goto(`${strict.url}/login/google${shop.asks({ login_hint: 'minji' })}`),
  wait: async (page) => {
    const start = `${strict.url}/login/kakao${shop.asks()}`
    for (let i = 0; i < 60; i++) await fetch(start, { redirect: 'manual' })
    await page.goto(start)
  },
  token: (page) => page.goto(`${open.url}/login/kakao?login_hint=minji`),
  popup: (page) =>
    page.goto(
      `${open.url}/login/kakao${shop.asks({ login_hint: 'minji', response_mode: 'web_message' })}`,
    ),
  'signed-out': (page) => page.goto(`${open.url}/logout?client_id=shop`),
  'data-deleted': async (page) => {
    await page.goto(`${open.url}/login/facebook?login_hint=minji`)
    await openEmulator(page, '/facebook/emulator/events')
    await page.getByRole('button', { name: /^Minji asks Facebook to delete/ }).click()
    const [address = ''] = /http[^"]*\/data-deletion\/\w+/.exec(await page.innerText('main')) ?? []
    await page.goto(address)
    // Each day is as long as its name.
    const text = page.locator('main p').first()
    await expect.poll(() => text.innerText()).toMatch(/ on [A-Z][a-z]+ \d+, \d{4}\. /)
    await text.evaluate((one) => {
      const { textContent } = one
      one.textContent = String(textContent).replace(/[A-Z][a-z]+ \d+, \d{4}/, 'May 1, 2027')
    })
  },
  emulator: (page) => openEmulator(page, '/'),
  'emulator-people': (page) => page.goto(`${open.url}/login/kakao${shop.asks()}`),
  'emulator-notifications': (page) => openEmulator(page, '/kakao/emulator/events'),
  playground: async (page) => {
    await page.goto(open.url)
    await page.getByRole('button', { name: /^Sign in with/ }).waitFor()
  },
  'playground-signed-in': async (page) => {
    await page.goto(open.url)
    await page.getByLabel('Sign in as').selectOption('minji')
    await page.getByRole('button', { name: /^Sign in with/ }).click()
    await page.getByRole('heading', { name: 'Signed in' }).waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.locator('#id-token summary').click()
  },
}

/** A page of the emulator that no login leads to. */
async function openEmulator(page: Page, path: string): Promise<void> {
  const { headers } = await fetch(`${open.url}/login/kakao`, { redirect: 'manual' })
  await page.goto(new URL(path, headers.get('location') ?? '').href)
}

/** What the tab key reaches, as far as it stands on the page. */
const REACHED = `(() => {
  const all = document.querySelectorAll(
    'a[href], button, select, input:not([type=hidden]), summary, [tabindex="0"]',
  )
  // Of a group of radio buttons the chosen one is reached.
  return [...all]
    .filter((one) => one.checkVisibility() && !one.disabled)
    .filter((one) => one.type !== 'radio' || one.checked)
    .map((one) => one === document.activeElement)
})()`

/** As people who read with difficulty set their browser (WCAG 2.2, 1.4.12). */
const SPACED_TEXT = `{
  const sheet = new CSSStyleSheet()
  sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }')
  document.adoptedStyleSheets = [sheet]
}`

/** What hides a part of its text; a clamp shows dots where it does. */
const CUT_OFF = `[...document.querySelectorAll('body *')]
  .filter((one) => one.checkVisibility() && getComputedStyle(one).overflowY === 'hidden')
  .filter((one) => getComputedStyle(one).webkitLineClamp === 'none' && one.scrollHeight > one.clientHeight)
  .map((one) => one.outerHTML.slice(0, 200))`

/** What is chosen and looks like what stands beside it, colours of its own apart. */
const CHOSEN_UNSEEN = `(() => {
  const look = (one) => {
    const { borderTopWidth, textDecorationLine, fontWeight } = getComputedStyle(one)
    return [borderTopWidth, textDecorationLine, fontWeight].join()
  }
  return [...document.querySelectorAll('.tile:has(:checked), [aria-pressed=true], [aria-current]')]
    .filter((one) => one.checkVisibility())
    .filter((one) => [...one.parentElement.children].some((other) => other !== one &&
      other.matches('.tile, [aria-pressed], a') && look(other) === look(one)))
    .map((one) => one.outerHTML.slice(0, 200))
})()`

const FROM_THE_TOP = `document.body.tabIndex = -1; document.body.focus()`

/** What the tab key has reached, where it cannot be told from the rest; a tile shows it for its radio button. */
const HIDDEN_FOCUS = `[document.activeElement, document.activeElement.closest('label')].some(
  (one) => one !== null && getComputedStyle(one).outlineStyle !== 'none') ? null : document.activeElement.outerHTML`

describe('in Chromium', () => {
  const chrome = useChromium()

  async function openPage(name: string): Promise<Page> {
    const [inApp] = IN_APP
    const isInApp = name === 'sign-in-in-app'
    const window = isInApp ? await chrome.openWindow({ userAgent: inApp?.userAgent ?? '' }) : null
    const page = await (window ?? chrome.context).newPage()
    await PAGES[name]?.(page)
    await page.locator('main').waitFor()
    return page
  }

  test.each(Object.keys(PAGES))(
    'the page %s looks as it did, and keeps nobody out',
    async (name) => {
      const page = await openPage(name)
      await expectNoBarriers(page)

      // Keyboard: from the top as many stops as there are things to press, each seen.
      await page.evaluate(FROM_THE_TOP)
      const { length: things } = (await page.evaluate(REACHED)) as boolean[]
      const reached = new Set<number>()
      for (let i = 0; i < things; i++) {
        await page.keyboard.press('Tab')
        reached.add(((await page.evaluate(REACHED)) as boolean[]).indexOf(true))
        expect(await page.evaluate(HIDDEN_FOCUS)).toBeNull()
      }
      expect([reached.size, reached.has(-1)]).toEqual([things, false])

      // Text of twice the size on the width of a small phone; nothing moves by itself.
      await page.setViewportSize({ width: 320, height: 640 })
      await page.evaluate("document.documentElement.style.fontSize = '200%'")
      expect(await tooWide(page)).toEqual([])
      await page.evaluate("document.documentElement.style.fontSize = ''")
      await page.evaluate(SPACED_TEXT)
      expect([await tooWide(page), await page.evaluate(CUT_OFF)]).toEqual([[], []])
      await page.evaluate('document.adoptedStyleSheets = []')
      // A change of colours, as from light to dark above, takes a moment.
      await expect.poll(() => page.evaluate('document.getAnimations().length')).toBe(0)

      // Forced colours: every way on has an edge, and what is chosen looks otherwise than the rest.
      await page.emulateMedia({ forcedColors: 'active' })
      const edges = await page
        .locator('.action:visible, button:visible, .tile:visible, select:visible')
        .evaluateAll((all) => all.map((one) => getComputedStyle(one as never).borderTopColor))
      for (const edge of edges) expect(edge).not.toMatch(/^rgba.*, 0\)$|transparent/)
      expect(await page.evaluate(CHOSEN_UNSEEN)).toEqual([])
      await page.emulateMedia({ forcedColors: null })

      await expectAsKept(page, name)
      expect(chrome.complaints).toEqual([])
    },
  )

  test('a page that is kept is told from one without a button, and not from one of another font', async () => {
    const changed = async (change: string) => {
      const page = await openPage('problem')
      await page.evaluate(change)
      return { page, bytes: await picture(page) }
    }
    const { page, bytes: kept } = await changed('')
    const differs = async (change: string) =>
      differenceOf(page, kept, (await changed(change)).bytes)
    for (const font of ['serif', 'monospace']) {
      expect(await differs(`document.documentElement.style.fontFamily = '${font}'`), font).toBe(0)
    }
    for (const place of [0, 1, 2]) {
      const lost = await differs(`document.querySelectorAll('.action')[${place}].remove()`)
      expect(lost, `button ${place}`).toBeGreaterThan(TOLERANCE * 5)
    }
    const grey = await differs("document.querySelector('.first').style.background = '#888'")
    expect(grey).toBeGreaterThan(TOLERANCE * 5)
  })
})
