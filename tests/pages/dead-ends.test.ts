import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { takePicture } from '../helpers/accessibility.ts'
import { authorizationQuery, SPA } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { useChromium } from '../helpers/chromium.ts'
import { type Latchkey, startLatchkey, startLogin } from '../helpers/latchkey.ts'
import { type Shop, startShop } from '../helpers/shop.ts'
import { setStage } from '../helpers/stage.ts'

const { latchkey } = setStage({
  settings: { CLIENTS: 'spa', CLIENT_SPA_REDIRECT_URIS: SPA.redirect_uri },
})

/** What a person's browser sends. */
const HTML = { headers: { accept: 'text/html' } }

describe('a login that comes back to a browser', () => {
  const begin = async (browser: Browser) => {
    const { location } = await browser.send(
      `${latchkey.url}/login/fake${authorizationQuery()}`,
      HTML,
    )
    const state = location?.searchParams.get('state') ?? ''
    return `${latchkey.url}/login/fake/callback?code=x&state=${state}`
  }
  const flowsOf = (browser: Browser) =>
    [...browser.jar().keys()].filter((name) => name.startsWith('latchkey-flow-'))

  test('without any cookie of ours says so, and one that is only over does not', async () => {
    const browser = new Browser()
    const callback = await begin(browser)
    expect([...browser.jar().keys()].sort()).toEqual(['latchkey-cookies', ...flowsOf(browser)])
    const blocked = await new Browser().send(callback, HTML)
    expect(blocked.status).toBe(400)
    expect(blocked.text).toContain('<h1>Signing in did not work</h1>')
    expect(blocked.text).toContain(`blocks cookies for ${new URL(latchkey.url).host}`)
    // As at 127.0.0.1, where PUBLIC_URL says localhost.
    expect(blocked.text).toContain('in another browser or at another address')
    // Trying again keeps the app, and is the person's to do.
    expect(blocked.text).toMatch(/href="\/login\/fake\?client_id=spa&amp;/)
    expect(blocked.location).toBeNull()
    expect(latchkey.logs.join('')).toContain('"reason":"cookies_missing"')

    for (const name of flowsOf(browser)) browser.jar().delete(name)
    const over = await browser.send(callback, HTML)
    expect([over.status, over.text.includes('no cookie')]).toEqual([400, false])
    expect(over.text).toContain('This sign-in has expired')
  })

  test('reads each sentence in its own language aloud: what is for the developer is English', async () => {
    const headers = { accept: 'text/html', 'accept-language': 'ko' }
    const { text } = await new Browser().send(await begin(new Browser()), { headers })
    expect(text).toContain('<html lang="ko">')
    expect(text).toContain('<p class="quiet" lang="en">This sign-in is over')
    expect(text).toContain('<p class="quiet">오류 코드: invalid_state')
  })

  test('is told apart for people only: a program keeps no such cookie and reads one text', async () => {
    const browser = new Browser()
    const { callback } = await startLogin(latchkey, browser)
    expect(browser.jar().has('latchkey-cookies')).toBe(false)
    const { detail } = (await new Browser().send(callback())).json()
    browser.jar().set('latchkey-cookies', { value: '1', path: '/', attributes: [] })
    expect((await browser.send(`${callback()}x`)).json().detail).toBe(detail)
  })
})

test('a page that says to wait says for how long, in the person’s language', async () => {
  const limited = await startLatchkey({ EMULATE: 'kakao', RATE_LIMIT: 'on' })
  try {
    for (let i = 0; i < 60; i++) await fetch(`${limited.url}/login/kakao`, { redirect: 'manual' })
    for (const [language, pattern] of [
      ['en', /You can try again in <b>(\d+) seconds?<\/b>\./],
      ['ko', /<b>(\d+)초<\/b> 뒤에 다시 시도할 수 있습니다\./],
    ] as const) {
      const headers = { accept: 'text/html', 'accept-language': language }
      const page = await new Browser().send(`${limited.url}/login/kakao`, { headers })
      expect(page.status).toBe(429)
      expect(pattern.exec(page.text)?.[1]).toBe(page.headers.get('retry-after'))
    }
  } finally {
    await limited.close()
  }
})

describe('in Chromium', () => {
  const chrome = useChromium()
  let shop: Shop
  let limited: Latchkey
  beforeAll(async () => {
    shop = await startShop()
    limited = await startLatchkey({ EMULATE: 'kakao', RATE_LIMIT: 'on', ...shop.settings })
  })
  afterAll(async () => {
    await limited.close()
    await shop.close()
  })

  test('a browser that blocks cookies is told so, and a click goes on', async () => {
    const page = await chrome.context.newPage()
    const person = page.getByRole('button', { name: '김민지' }).first()
    await page.goto(`${limited.url}/login/kakao${shop.asks()}`)
    // What blocking comes to: nothing is there when the person is back.
    await chrome.context.clearCookies()
    await person.click()
    await page.getByText('Your browser sent no cookie back').waitFor()
    await takePicture(page, 'dead-ends/cookies')
    await page.getByRole('link', { name: 'Try again' }).click()
    await person.click()
    await page.waitForURL((url) => url.href.startsWith(shop.callback))
    expect(await page.locator('h1').innerText()).toBe('signed in')
  })

  test('the seconds are counted, and the end is said once', async () => {
    const page = await chrome.context.newPage()
    for (let i = 0; i < 60; i++) await fetch(`${limited.url}/login/kakao`, { redirect: 'manual' })
    await page.clock.install()
    await page.goto(`${limited.url}/login/kakao`)
    const seconds = async () => Number.parseInt(await page.locator('#wait b').innerText(), 10)
    const first = await seconds()
    await takePicture(page, 'dead-ends/wait')
    await page.clock.runFor(5_000)
    const later = await seconds()
    expect(first - later).toBeGreaterThanOrEqual(4)
    expect(await page.getByRole('status').innerText()).toBe('')
    await page.clock.runFor(60_000)
    expect(await page.getByRole('status').innerText()).toBe('You can try again now.')
    expect(await page.locator('#wait').isVisible()).toBe(false)
    expect(chrome.complaints).toEqual([])
  })
})
