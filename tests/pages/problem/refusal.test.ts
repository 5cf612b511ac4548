import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { takePicture } from '../../helpers/accessibility.ts'
import { authorizationQuery, SPA } from '../../helpers/apps.ts'
import { Browser } from '../../helpers/browser.ts'
import { useChromium } from '../../helpers/chromium.ts'
import { type Latchkey, startLatchkey, startLogin } from '../../helpers/latchkey.ts'
import { rawRequest } from '../../helpers/raw-request.ts'
import { type Shop, startShop } from '../../helpers/shop.ts'
import { setStage } from '../../helpers/stage.ts'

const { provider, latchkey, start } = setStage({
  settings: {
    CLIENTS: 'spa',
    CLIENT_SPA_NAME: 'The App',
    CLIENT_SPA_REDIRECT_URIS: SPA.redirect_uri,
    FAKE_TRUST_EMAIL: 'on',
  },
  people: (turn) => ({ email: `person-${turn}@example.com`, email_verified: true }),
})

/** What a browser sends where a person goes to a page. */
const PERSON = { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }

/** The callback's answer to a login of the app at this process. */
async function comeBack(
  at: Latchkey,
  headers: Record<string, string>,
  changes: Record<string, string> = {},
) {
  const browser = new Browser()
  const started = await startLogin(at, browser, 'fake', authorizationQuery(changes))
  provider.nonce = started.nonce ?? ''
  const again = () => goTo(at, started.callback(), browser, headers)
  return { answer: await again(), again }
}

/** A request with these headers to the letter: `fetch` writes some of them itself. */
function goTo(at: Latchkey, url: string, browser: Browser, headers: Record<string, string>) {
  const { pathname, search } = new URL(url)
  const cookie = [...browser.jar()].map(([name, { value }]) => `${name}=${value}`).join('; ')
  const sent = Object.entries({ ...headers, cookie }).flat()
  return rawRequest(at.url, { method: 'GET', path: pathname + search, headers: sent })
}

/** Where a page leads, by its words. */
const waysOf = (html: string) =>
  Object.fromEntries(
    [...html.matchAll(/<a class="action[^>]*href="([^"]*)">([^<]*)</g)].map(([, href, words]) => [
      words,
      new URL((href ?? '').replaceAll('&amp;', '&').replaceAll('&#39;', "'"), latchkey.url),
    ]),
  )

const DESCRIPTION = {
  sign_up_closed: 'Nobody new can sign up here.',
  sign_up_domain: 'Only people with a verified address of certain domains can sign up here.',
}

describe('somebody who may not come in', () => {
  test.each([
    ['closed', 'sign_up_closed', 'No new accounts', 'Only people who already have an account'],
    [
      'corp.example,example.org',
      'sign_up_domain',
      'You cannot sign up with this address',
      'an e-mail address at corp.example or example.org',
    ],
  ] as const)('reads why, SIGN_UP=%s, and the app is told with the way back', async (...row) => {
    const [SIGN_UP, reason, title, text] = row
    const at = await start({ SIGN_UP })
    const { answer, again } = await comeBack(at, PERSON, { nonce: 'n-1', max_age: '600' })
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([403, 'no-store'])
    expect(answer.text).toContain(`<h1>${title}</h1>`)
    expect(answer.text).toContain(text)
    expect(answer.text).not.toContain('Try again')
    const ways = waysOf(answer.text)
    expect(Object.keys(ways)).toEqual([
      'Use another account',
      'Other ways to sign in',
      'Back to The App',
    ])
    const told = {
      error: 'access_denied',
      error_description: DESCRIPTION[reason],
      state: 'state-of-the-app',
      iss: latchkey.url,
    }
    const back = ways['Back to The App']
    expect(`${back?.origin}${back?.pathname}`).toBe(SPA.redirect_uri)
    expect(Object.fromEntries(back?.searchParams ?? [])).toEqual(told)
    // The login that goes on is the app's.
    const other = ways['Use another account']
    expect(other?.pathname).toBe('/login/fake')
    expect(Object.fromEntries(other?.searchParams ?? [])).toMatchObject({
      ...SPA,
      ...{ state: 'state-of-the-app', prompt: 'select_account', code_challenge_method: 'S256' },
      ...{ nonce: 'n-1', max_age: '600' },
    })
    expect(ways['Other ways to sign in']?.searchParams.get('client_id')).toBe('spa')
    // Whoever loads the page again reads it again, and the way back tells the app the same.
    const reloaded = await again()
    expect([reloaded.status, waysOf(reloaded.text)]).toEqual([403, ways])

    // What is no person at a page is told at once, as RFC 6749 has it; so is an app that wants no page.
    const { accept } = PERSON
    for (const [headers, changes] of [
      [{ accept: '*/*' }, {}],
      [{ accept }, {}],
      [{ ...PERSON, 'sec-fetch-dest': 'iframe' }, {}],
      [PERSON, { prompt: 'none' }],
    ] as const) {
      const { answer: program } = await comeBack(at, headers, changes)
      expect(program.status).toBe(303)
      expect(Object.fromEntries(program.location?.searchParams ?? [])).toEqual(told)
    }
    const inBackground = await comeBack(
      await start({ SIGN_UP, CLIENT_SPA_RESPONSE_MODES: 'web_message' }),
      { ...PERSON, 'sec-fetch-dest': 'iframe' },
      { response_mode: 'web_message' },
    )
    expect(inBackground.answer.text).toContain('window.close()')
    expect(inBackground.answer.text).toContain('&quot;error&quot;:&quot;access_denied&quot;')
  })

  test('because their user is disabled, is not asked to try again', async () => {
    const known = await comeBack(latchkey, PERSON)
    expect(known.answer.status).toBe(303)
    await latchkey.database.query(
      `update latchkey.users set disabled_at = now() where id =
         (select user_id from latchkey.identities where subject = $1)`,
      [provider.subject],
    )
    const { answer } = await comeBack(latchkey, { ...PERSON, 'accept-language': 'ko' })
    expect(answer.status).toBe(403)
    expect(answer.text).toContain('이용이 정지된 계정입니다')
    const ways = waysOf(answer.text)
    expect(Object.keys(ways)).toEqual(['The App 서비스로 돌아가기', '다른 방법으로 로그인'])
    // Without an app the page is the same, and does not ask to try again either.
    const direct = new Browser()
    const started = await startLogin(latchkey, direct)
    provider.nonce = started.nonce ?? ''
    const page = await goTo(latchkey, started.callback(), direct, PERSON)
    expect([page.status, Object.keys(waysOf(page.text))]).toEqual([
      403,
      ['Other ways to sign in', 'Open The App'],
    ])
    expect(page.text).toContain('<h1>This account is disabled</h1>')
  })

  test('comes back to an app that is answered by forms by a form', async () => {
    const at = await start({ SIGN_UP: 'closed' })
    const { answer } = await comeBack(at, PERSON, { response_mode: 'form_post' })
    expect(answer.status).toBe(403)
    expect(answer.text).toContain(`<form method="post" action="${SPA.redirect_uri}">`)
    expect(answer.text).toContain('name="error" value="access_denied"')
    expect(answer.text).toMatch(/<button class="action" type="submit">Back to The App</)
    // It waits for the person.
    expect(answer.text).not.toContain('<script')
    expect(answer.headers.get('content-security-policy')).not.toContain('form-action')
  })
})

describe('in Chromium', () => {
  const chrome = useChromium()
  let shop: Shop
  let closed: Latchkey
  beforeAll(async () => {
    shop = await startShop()
    closed = await startLatchkey({ EMULATE: 'google', SIGN_UP: 'corp.example', ...shop.settings })
  })
  afterAll(async () => {
    await closed.close()
    await shop.close()
  })

  test('the way back of the page brings the app the error', async () => {
    const page = await chrome.context.newPage()
    await page.goto(`${closed.url}/login/google${shop.asks({ login_hint: 'minji' })}`)
    await page.getByRole('heading', { name: 'You cannot sign up with this address' }).waitFor()
    await takePicture(page, 'refusal/domain')
    await page.getByRole('link', { name: 'Back to' }).click()
    await page.waitForURL((url) => url.href.startsWith(shop.callback))
    expect(await page.locator('h1').innerText()).toBe('access_denied')
  })

  test('a form that comes to the app says by its Origin who sends it, and tells no address', async () => {
    for (const who of ['!denied', 'minji']) {
      const page = await chrome.context.newPage()
      const coming = page.waitForRequest((one) => one.method() === 'POST')
      const asked = shop.asks({ login_hint: who, response_mode: 'form_post' })
      await page.goto(`${closed.url}/login/google${asked}`)
      // The first one posts itself.
      if (who === 'minji') await page.getByRole('button', { name: 'Back to' }).click()
      const posted = await coming
      const { origin, referer } = await posted.allHeaders()
      expect([posted.url(), origin, referer]).toEqual([shop.callback, closed.url, `${closed.url}/`])
    }
  })

  test('so does one from https to an app on this machine', async () => {
    const page = await chrome.context.newPage()
    await page.goto(
      `${closed.url}/login/google${shop.asks({ login_hint: 'minji', response_mode: 'form_post' })}`,
    )
    const body = await page.content()
    const headers = { 'referrer-policy': 'no-referrer' }
    await page.route('https://login.example.com/', (route) =>
      route.fulfill({ contentType: 'text/html', headers, body }),
    )
    await page.goto('https://login.example.com/')
    const coming = page.waitForRequest((one) => one.method() === 'POST')
    await page.getByRole('button', { name: 'Back to' }).click()
    const posted = await coming
    const { origin } = await posted.allHeaders()
    expect([posted.url(), origin]).toEqual([shop.callback, 'https://login.example.com'])
  })

  test('in a popup it stays until the person goes back, and then the app is told', async () => {
    const page = await chrome.context.newPage()
    const ask = shop.asks({ login_hint: 'minji', response_mode: 'web_message' })
    const address = `${closed.url}/login/google${ask}`
    await page.goto(`${shop.origin}/`)
    const opened = page.waitForEvent('popup')
    await page.evaluate(`void window.open(${JSON.stringify(address)})`)
    const popup = await opened
    await popup.getByRole('heading', { name: 'You cannot sign up with this address' }).waitFor()
    expect(await page.evaluate('window.got')).toBeUndefined()
    await popup.reload()
    const closes = popup.waitForEvent('close')
    // The window may be closed before it is known that the click was done.
    const click = popup.getByRole('link', { name: 'Back to' }).click()
    await Promise.all([closes, click.catch(() => {})])
    await page.waitForFunction('window.got !== undefined')
    expect(await page.evaluate('window.got')).toEqual({
      origin: closed.url,
      data: {
        type: 'authorization_response',
        response: {
          error: 'access_denied',
          error_description: DESCRIPTION.sign_up_domain,
          state: 'state-of-the-shop',
          iss: closed.url,
        },
      },
    })

    // A window that no page opened goes to the app itself.
    await page.goto(address)
    await page.getByRole('link', { name: 'Back to' }).click()
    await page.waitForURL((url) => url.href.startsWith(shop.callback))
    expect(chrome.complaints).toEqual([])
  })
})
