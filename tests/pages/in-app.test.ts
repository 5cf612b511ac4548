import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { type Latchkey, startLatchkey } from '../helpers/latchkey.ts'

const ANDROID = 'Mozilla/5.0 (Linux; Android 14; SM-S911N) AppleWebKit/537.36 Chrome/126.0 Mobile'
const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15'
const REDIRECT = 'https://app.example.com/callback'
const APP_REDIRECT = 'com.example.app:/callback'
let latchkey: Latchkey

beforeAll(async () => {
  latchkey = await startLatchkey({
    EMULATE: 'all',
    CLIENTS: 'web',
    CLIENT_WEB_REDIRECT_URIS: `${REDIRECT},${APP_REDIRECT}`,
  })
})
afterAll(() => latchkey.close())

/** The sign-in page as this browser gets it, its entities resolved. */
async function pageFor(userAgent: string, query = '') {
  const answer = await new Browser().send(`${latchkey.url}/login${query}`, {
    headers: { 'user-agent': userAgent },
  })
  expect(answer.status).toBe(200)
  return answer.text.replaceAll('&amp;', '&')
}

const here = () => `${latchkey.url}/login`
const intentTo = (url: string) => `intent:${url.slice(url.indexOf(':') + 1)}#Intent;scheme=http;`

const ways: [app: string, userAgent: string, way: () => string][] = [
  [
    'KakaoTalk',
    `${ANDROID} KAKAOTALK 11.0.0`,
    () => `href="kakaotalk://web/openExternal?url=${encodeURIComponent(here())}"`,
  ],
  [
    'KakaoTalk',
    `${IPHONE} KAKAOTALK 11.0.0`,
    () => `href="kakaotalk://web/openExternal?url=${encodeURIComponent(here())}"`,
  ],
  ['LINE', `${IPHONE} Safari Line/14.1.0`, () => `href="${here()}?openExternalBrowser=1"`],
  ['Instagram', `${ANDROID} Instagram 350.0.0.0 Android`, () => `href="${intentTo(here())}`],
  ['Facebook', `${ANDROID} [FB_IAB/FB4A;FBAV/470.0.0.0;]`, () => `href="${intentTo(here())}`],
  ['NAVER', `${ANDROID} NAVER(inapp; search; 1000; 12.0.0)`, () => `href="${intentTo(here())}`],
  ['Instagram', `${IPHONE} Instagram 350.0.0.0`, () => `value="${here()}"`],
  ['Facebook', `${IPHONE} [FBAN/FBIOS;FBAV/470.0]`, () => `value="${here()}"`],
  ['NAVER', `${IPHONE} NAVER(inapp; search; 2000; 12.0.0)`, () => `value="${here()}"`],
]

describe('a browser that an app brings itself', () => {
  test.each(ways)('%s gets a way out for Google and keeps the others: %s', async (app, ua, way) => {
    const html = await pageFor(ua)
    expect(html).toContain(way())
    expect(html).toContain(`inside ${app}.`)
    expect(html).not.toContain('href="/login/google')
    expect(html).toContain('href="/login/kakao"')
    expect(html).toContain('href="/login/naver"')
  })

  test.each([ANDROID, IPHONE, 'curl/8', 'Mozilla/5.0 Online/1.0 (X11) InstagramLike'])(
    'a browser of its own gets none of it: %s',
    async (userAgent) => {
      const html = await pageFor(userAgent)
      expect(html).toContain('href="/login/google"')
      expect(html).not.toMatch(/intent:|kakaotalk:|openExternal|id="copy"/)
    },
  )
})

describe('the way out leads', () => {
  const kakaotalk = `${ANDROID} KAKAOTALK 11.0.0`
  const target = async (query: string) => {
    const html = await pageFor(kakaotalk, query)
    const found = /openExternal\?url=([^"]+)"/.exec(html)?.[1] ?? ''
    return decodeURIComponent(found)
  }
  const registered = `?client_id=web&redirect_uri=${encodeURIComponent(REDIRECT)}`

  test('to this page with the parameters, where nothing is kept in the browser that is left', async () => {
    expect(await target('?scope=openid')).toBe(`${here()}?scope=openid`)
    expect(await target(`${registered}&response_mode=cookie`)).toBe(
      `${here()}${registered}&response_mode=cookie`,
    )
  })

  test('to the app, where its state or verifier is kept there', async () => {
    const challenge = 'a'.repeat(43)
    for (const bound of ['state=abc', `code_challenge=${challenge}&code_challenge_method=S256`]) {
      expect(await target(`${registered}&${bound}`)).toBe('https://app.example.com/')
    }
    const other = encodeURIComponent('https://evil.example.com/callback')
    expect(await target(`?client_id=web&redirect_uri=${other}&state=abc`)).toContain(`${here()}?`)
    const native = `?client_id=web&redirect_uri=${encodeURIComponent(APP_REDIRECT)}&state=abc`
    expect(await target(native)).toBe(`${here()}${native}`)
  })

  test('never to what the request’s headers say', async () => {
    const answer = await fetch(`${here()}?scope=openid`, {
      headers: {
        'user-agent': kakaotalk,
        'x-forwarded-host': 'evil.example.com',
        forwarded: 'host=evil.example.com',
      },
    })
    const html = await answer.text()
    expect(html).not.toContain('evil.example.com')
    expect(html).toContain(encodeURIComponent(`${here()}?scope=openid`))
  })

  test('by a whole intent, whose end no parameter can move', async () => {
    const html = await pageFor(
      `${ANDROID} NAVER(inapp; search; 1000; 12.0.0)`,
      '?login_hint=a%23Intent;scheme=evil;end',
    )
    const href = /href="(intent:[^"]+)"/.exec(html)?.[1] ?? ''
    expect(href.split('#')).toEqual([
      `intent:${here().slice('http:'.length)}?login_hint=a%23Intent%3Bscheme%3Devil%3Bend`,
      'Intent;scheme=http;action=android.intent.action.VIEW;category=android.intent.category.BROWSABLE;end',
    ])
  })
})
