import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { overflowOf, takePicture } from '../helpers/accessibility.ts'
import { useChromium } from '../helpers/chromium.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'
import { type Shop, startShop } from '../helpers/shop.ts'

const EVIL = '"><img src=x onerror=alert(1)><script>alert(1)</script><b id=injected>'
const provider = new FakeProvider()
/** The app: a page that says what it was sent, and opens popups. */
let shop: Shop
let latchkey: Latchkey

beforeAll(async () => {
  await provider.listen()
  provider.answers.other = consent
  shop = await startShop()
  latchkey = await startLatchkey({
    ...provider.settings(),
    FAKE_NAME: '<i>Fake</i>',
    EMULATE: 'kakao,google,github',
    ...shop.settings,
  })
})
afterEach(() => {
  provider.reset()
  provider.answers.other = consent
  provider.person = { name: 'Person One' }
})
afterAll(async () => {
  await latchkey.close()
  await provider.close()
  await shop.close()
})

/** The authorization page of the fake provider says yes at once. */
function consent({ path }: { path: string }, response: import('node:http').ServerResponse) {
  const asked = new URL(path, 'http://fake').searchParams
  provider.nonce = asked.get('nonce') ?? ''
  const back = new URL(asked.get('redirect_uri') ?? '')
  back.searchParams.set('code', 'a-code')
  back.searchParams.set('state', asked.get('state') ?? '')
  response.writeHead(302, { location: back.href }).end()
}

const asked = (changes?: Record<string, string>) => shop.asks(changes)

describe('in Chromium the page of a problem', () => {
  const chrome = useChromium()
  let page: Page
  let dialogs: string[]

  beforeEach(async () => {
    if (chrome.context === undefined) return
    dialogs = []
    page = await chrome.context.newPage()
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message())
      return dialog.dismiss()
    })
  })

  /** Where the browser stands, and with which status. */
  async function go(path: string) {
    const response = await page.goto(path.startsWith('http') ? path : latchkey.url + path)
    return { status: response?.status(), headers: response?.headers() ?? {} }
  }

  const code = () => page.locator('p.quiet').last().innerText()
  const hrefOf = (name: string) => page.getByRole('link', { name }).getAttribute('href')

  /** Fails where anything of a stranger ran or became markup. */
  async function expectOwnMarkupOnly(headers: Record<string, string>) {
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/)
    expect(headers['content-security-policy']).not.toMatch(/script-src|unsafe/)
    expect(dialogs).toEqual([])
    expect(await page.locator('script, img, main b, main i, #injected, [onerror]').count()).toBe(0)
    expect(await page.locator('main').innerText()).not.toMatch(/onerror|alert|injected/)
    expect(chrome.complaints).toEqual([])
  }

  const expectRedeemed = () => shop.redeem(page, latchkey)

  test.each<[code: string, status: number, path: string]>([
    ['invalid_token', 401, '/me'],
    ['not_found', 404, '/nothing'],
    ['method_not_allowed', 405, '/token'],
  ])('%s %i at %s is reached and leads on', async (name, status, path) => {
    const answer = await go(path)
    expect(answer.status).toBe(status)
    expect(await code()).toContain(name)
    await expectOwnMarkupOnly(answer.headers)
    expect(await page.getByRole('link').count()).toBeGreaterThan(0)
  })

  test('of a lost login starts it again with one click, and it ends at the app', async () => {
    // The browser loses its cookies while the person is at the provider.
    await page.goto(`${latchkey.url}/login/kakao${asked({ ui_locales: 'en' })}`)
    await chrome.context.clearCookies()
    await page.getByRole('button', { name: '김민지' }).first().click()
    await page.getByRole('heading', { name: 'Signing in did not work' }).waitFor()
    expect(await code()).toContain('invalid_state')
    expect(await page.getByRole('link', { name: 'Back to Shop & <b>Söhne</b>' }).count()).toBe(1)
    await page.getByRole('link', { name: 'Try again' }).click()
    await page.getByRole('button', { name: '김민지' }).first().click()
    await expectRedeemed()
  })

  test('leads back to the app, which learns that the sign-in was given up', async () => {
    await page.goto(`${latchkey.url}/login/kakao${asked()}`)
    await chrome.context.clearCookies()
    await page.getByRole('button', { name: '김민지' }).first().click()
    await page.getByRole('link', { name: /^Back to/ }).click()
    await page.getByRole('heading', { name: 'access_denied' }).waitFor()
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toMatchObject({
      state: 'state-of-the-shop',
      iss: latchkey.url,
    })
  })

  test('leads to the other ways, and from there to the app', async () => {
    await page.goto(`${latchkey.url}/login/kakao${asked()}`)
    await chrome.context.clearCookies()
    await page.getByRole('button', { name: '김민지' }).first().click()
    await page.getByRole('link', { name: 'Other ways to sign in' }).click()
    await page.locator('a[href^="/login/google?"]').click()
    await page.locator('main form button, form button').first().click()
    await expectRedeemed()
  })

  test('is not seen where two tabs sign in at once', async () => {
    const other = await chrome.context.newPage()
    for (const tab of [page, other]) await tab.goto(`${latchkey.url}/login/kakao${asked()}`)
    await page.getByRole('button', { name: '김민지' }).first().click()
    await expectRedeemed()
    await other.getByRole('button', { name: '김민지' }).first().click()
    page = other
    await expectRedeemed()
  })

  test('is not what a callback from the history shows, for a minute', async () => {
    await go(`/login/kakao${asked()}`)
    const callback = page.waitForRequest((request) => request.url().includes('/callback?'))
    await page.getByRole('button', { name: '김민지' }).first().click()
    const used = (await callback).url()
    await expectRedeemed()
    await page.goto(used)
    await expectRedeemed()
    // In another browser it is a page, which leads to a login of the same app.
    await chrome.context.clearCookies()
    expect((await go(used)).status).toBe(400)
    expect(await hrefOf('Try again')).toContain('/login/kakao?client_id=shop')
  })

  describe('runs nothing of a stranger', () => {
    const evil = encodeURIComponent(EVIL)

    test('of any address', async () => {
      for (const path of [
        `/login/fake/callback?error=access_denied&error_description=${evil}&state=x`,
        `/login/fake/callback?code=${evil}&state=x&error_uri=javascript:alert(1)`,
        `/login/${evil}`,
        `/${evil}?${evil}=${evil}`,
        `/logout?post_logout_redirect_uri=${evil}`,
      ]) {
        const answer = await go(path)
        expect(answer.status).toBeGreaterThanOrEqual(400)
        await expectOwnMarkupOnly(answer.headers)
      }
      // What was sent in place of the registered address is shown, and leads nowhere.
      await go(
        `/login/fake?redirect_uri=${encodeURIComponent('javascript:alert(1)')}&client_id=shop`,
      )
      expect(await page.locator('main').innerText()).toContain('sent javascript:alert(1)')
      expect(await page.locator('[href^="javascript"]').count()).toBe(0)
    })

    test('of a request whose client is registered: its state and scope are only in addresses', async () => {
      await page.goto(`${latchkey.url}/login/kakao${asked({ state: EVIL, login_hint: EVIL })}`)
      await chrome.context.clearCookies()
      const answered = page.waitForResponse((response) => response.url().includes('/callback?'))
      await page.getByRole('button', { name: '김민지' }).first().click()
      await expectOwnMarkupOnly((await answered).headers())
      const back = new URL((await hrefOf('Back to')) ?? '')
      expect(back.searchParams.get('state')).toBe(EVIL)
    })

    const texts: [what: string, prepare: () => void, status: number][] = [
      [
        'the callback’s error',
        () => {
          provider.answers.other = ({ path }, response) => {
            const { searchParams } = new URL(path, 'http://fake')
            const back = new URL(searchParams.get('redirect_uri') ?? '')
            const state = searchParams.get('state') ?? ''
            back.search = String(
              new URLSearchParams({ error: EVIL, error_description: EVIL, error_uri: EVIL, state }),
            )
            response.writeHead(302, { location: back.href }).end()
          }
        },
        502,
      ],
      [
        'the token endpoint’s error',
        () => {
          const body = { error: 'invalid_grant', error_description: EVIL, error_uri: EVIL }
          provider.answers.token = { status: 400, body }
        },
        400,
      ],
      [
        'an ID token’s claims',
        () => {
          provider.idToken = (claims) => ({ ...claims, iss: EVIL, aud: EVIL })
        },
        502,
      ],
    ]
    test.each(texts)('of %s', async (_what, prepare, status) => {
      prepare()
      const answer = await go('/login/fake')
      expect(answer.status).toBe(status)
      await expectOwnMarkupOnly(answer.headers)
    })

    test('of any of them, told to the app', async () => {
      for (const [, prepare] of texts) {
        provider.reset()
        provider.answers.other = consent
        prepare()
        await go(`/login/fake${asked()}`)
        await page.waitForURL((url) => url.href.startsWith(shop.callback))
        expect(decodeURIComponent(page.url())).not.toMatch(/onerror|alert|injected/)
        expect(dialogs).toEqual([])
      }
    })

    test('of a profile’s name, where the sign-in succeeds without an app', async () => {
      provider.person = { name: EVIL, email: 'a@example.com', picture: 'javascript:alert(1)' }
      const answer = await go('/login/fake')
      expect(answer.status).toBe(200)
      expect(dialogs).toEqual([])
      expect(await page.locator('img, #injected, [onerror]').count()).toBe(0)
    })

    test('and would be seen if it did (the control of the tests above)', async () => {
      await page.setContent(`<main>${EVIL}</main>`)
      await expect.poll(() => dialogs.length).toBeGreaterThan(0)
      expect(await page.locator('#injected').count()).toBe(1)
    })
  })

  describe('of a popup', () => {
    /** The app opens the sign-in; gives what it was told, once the popup is closed. */
    async function popUp(query: string) {
      await page.goto(`${shop.origin}/`)
      const opened = page.waitForEvent('popup')
      await page.evaluate(
        `void window.open(${JSON.stringify(`${latchkey.url}/login/kakao${query}`)})`,
      )
      const popup = await opened
      if (!popup.isClosed()) await popup.waitForEvent('close').catch(() => {})
      await page.waitForFunction('window.got !== undefined')
      return page.evaluate<{
        origin: string
        data: { type: string; response: Record<string, string> }
      }>('window.got')
    }
    const query = (hint: string) => asked({ response_mode: 'web_message', login_hint: hint })

    test('hands the code to the app and closes', async () => {
      const { origin, data } = await popUp(query('minji'))
      expect(origin).toBe(latchkey.url)
      expect(data.type).toBe('authorization_response')
      expect(data.response).toEqual({
        code: expect.stringMatching(/^[\w-]{43}\.[\w-]{43}$/),
        state: 'state-of-the-shop',
        iss: latchkey.url,
      })
    })

    test('hands a failure to the app and closes', async () => {
      const { data } = await popUp(query('!denied'))
      expect(data.response).toMatchObject({ error: 'access_denied', state: 'state-of-the-shop' })
    })

    test('that is a tab of its own has a link to the app, in the person’s language', async () => {
      await go(
        `/login/kakao${asked({ response_mode: 'web_message', login_hint: 'minji', ui_locales: 'ko' })}`,
      )
      await page.getByRole('heading', { name: '로그인했습니다' }).waitFor()
      expect(await page.locator('html').getAttribute('lang')).toBe('ko')
      expect(await page.getByText('이 창을 닫아도 됩니다.').isVisible()).toBe(false)
      await page.getByRole('link').click()
      await expectRedeemed()
    })
  })

  test.each(['en', 'ko', 'ja'])('fits a phone, %s', async (language) => {
    await page.setViewportSize({ width: 320, height: 640 })
    await go(`/login/nope?ui_locales=${language}`)
    await takePicture(page, `problems/${language}`)
    expect(await overflowOf(page)).toBe(0)
    // The Japanese title is one long word.
    const lines = await page.locator('h1').evaluate((title) => {
      const { clientHeight } = title as unknown as { clientHeight: number }
      return Math.round(clientHeight / 25)
    })
    expect(lines).toBe(1)
    const small = await page.locator('a.action').evaluateAll(
      (links) =>
        links.filter((link) => {
          const box = link as unknown as { getBoundingClientRect(): { height: number } }
          return box.getBoundingClientRect().height < 44
        }).length,
    )
    expect(small).toBe(0)
  })
})
