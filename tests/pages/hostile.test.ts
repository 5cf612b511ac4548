import type { Page } from 'playwright-core'
import { beforeEach, describe, expect, test } from 'vitest'
import { overflowOf, takePicture } from '../helpers/accessibility.ts'
import { CHALLENGE } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { useChromium } from '../helpers/chromium.ts'
import { IN_APP } from '../helpers/in-app.ts'
import type { Description } from '../helpers/openapi.ts'
import { rawRequest } from '../helpers/raw-request.ts'
import { useLatchkey } from '../helpers/stage.ts'

const REDIRECT = 'https://app.example.com/callback'
const MARKUP = '\u202e"><img src=x onerror=alert(1)><script>alert(1)</script><b id=injected>'
/** Markup, marks that turn the direction, and ten kilobytes. */
const NAME = MARKUP + 'W'.repeat(10_000)
const latchkey = useLatchkey({
  EMULATE: 'google,kakao',
  CLIENTS: 'web',
  CLIENT_WEB_NAME: NAME,
  CLIENT_WEB_REDIRECT_URIS: REDIRECT,
  OIDC_PROVIDERS: 'corp',
  CORP_NAME: NAME,
  CORP_ISSUER: 'https://corp.example.com',
  CORP_CLIENT_ID: 'a',
  CORP_CLIENT_SECRET: 'b',
})

const parameters = [
  ...['client_id', 'redirect_uri', 'response_type', 'response_mode', 'state', 'nonce', 'scope'],
  ...['code_challenge', 'code_challenge_method', 'login_hint', 'prompt', 'ui_locales', 'provider'],
  ...['error', 'error_description', 'error_uri', 'code', 'iss', 'intent', 'openExternalBrowser'],
]

const PATHS = ['/login', '/login/kakao', '/login/kakao/callback', '/logout', '/nothing']

test.each(parameters)('markup in the parameter %s stands on no page', async (name) => {
  for (const path of PATHS) {
    const query = `${name}=${encodeURIComponent(MARKUP)}`
    const headers = { accept: 'text/html', 'accept-language': 'en' }
    const { text } = await new Browser().send(`${latchkey.url}${path}?${query}`, { headers })
    expect(text).not.toMatch(/<img|<script>alert|<b id|\u202e/)
  }
})

describe('in Chromium a stranger’s text', () => {
  const chrome = useChromium()
  let page: Page
  let dialogs: number

  beforeEach(async () => {
    if (chrome.context === undefined) return
    dialogs = 0
    page = await chrome.context.newPage()
    page.on('dialog', (dialog) => {
      dialogs += 1
      return dialog.dismiss()
    })
    page.on('console', (line) => {
      if (/Content Security Policy|Refused to/.test(line.text()))
        chrome.complaints.push(line.text())
    })
  })

  /** Fails where anything ran, became markup or was tried and refused. */
  async function expectInert() {
    expect(await page.locator('img, #injected, [onerror], main script, main b').count()).toBe(0)
    expect(await page.content()).not.toContain('<script>alert')
    expect([dialogs, chrome.complaints]).toEqual([0, []])
  }

  test('of a name, is shown as text, not turned and not wider than the page', async () => {
    await page.setViewportSize({ width: 320, height: 640 })
    const proof = `code_challenge=${CHALLENGE}&code_challenge_method=S256`
    await page.goto(`${latchkey.url}/login?client_id=web&redirect_uri=${REDIRECT}&${proof}`)
    await takePicture(page, 'hostile/login')
    const text = await page.locator('main').innerText()
    expect(text).toContain('"><img src=x onerror=alert(1)>')
    expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]|W{81}/)
    expect(await overflowOf(page)).toBe(0)
    await expectInert()
  })

  test('in every parameter at once, runs nothing on any page', async () => {
    const { origin } = new URL(latchkey.url)
    const query = new URLSearchParams(Object.fromEntries(parameters.map((name) => [name, MARKUP])))
    for (const path of PATHS) {
      await page.goto(`${latchkey.url}${path}?${query}`)
      if (new URL(page.url()).origin === origin) await expectInert()
    }
  })

  test('in the headers of an app’s browser, runs nothing', async () => {
    const context = await chrome.openWindow({
      userAgent: `${IN_APP[0].userAgent} ${MARKUP.slice(1)}`,
      extraHTTPHeaders: {
        'accept-language': `ko,${MARKUP.slice(1)}`,
        'x-forwarded-host': 'evil.example.com',
        referer: 'https://evil.example.com/"><script>alert(1)</script>',
      },
    })
    page = await context.newPage()
    const value = encodeURIComponent(MARKUP)
    await page.goto(`${latchkey.url}/login?state=${value}&login_hint=${value}`)
    expect(await page.locator('html').getAttribute('lang')).toBe('ko')
    const href = await page.locator('.b-google').getAttribute('href')
    expect(href).toMatch(/^kakaotalk:\/\/web\/openExternal\?url=[\w%.*()~-]+$/)
    expect(await page.content()).not.toContain('evil.example.com')
    await page.locator('details').evaluate((one) => one.setAttribute('open', ''))
    await expectInert()
  })

  test('would be seen if it ran (the control of the tests above)', async () => {
    await page.setContent(`<main>${MARKUP}</main>`)
    await expect.poll(() => dialogs).toBeGreaterThan(0)
    expect(await page.locator('#injected').count()).toBe(1)
  })
})

describe('a header of an answer', () => {
  test.each(['/login/google', '/login?provider=google&'])(
    'takes no line from the query: %s',
    async (path) => {
      const query = `state=a%0d%0aset-cookie:%20evil=1&login_hint=%0d%0a%0d%0a<script>&scope=openid`
      const answer = await rawRequest(latchkey.url, {
        path: `${path}${path.includes('?') ? '' : '?'}${query}`,
        headers: ['user-agent', IN_APP[0].userAgent, 'accept', 'text/html'],
      })
      expect(answer.status).toBe(302)
      expect(answer.headers.get('location')).toBe(
        '/login?state=a%0D%0Aset-cookie%3A+evil%3D1&scope=openid&login_hint=%0D%0A%0D%0A%3Cscript%3E',
      )
      expect(answer.headers.has('set-cookie')).toBe(false)
    },
  )
})

describe('a browser that goes to a route which fails', () => {
  test('gets a page from every route that is described, whatever it sends', async () => {
    const answer = await fetch(`${latchkey.url}/openapi.json`)
    const { paths } = (await answer.json()) as Description
    const bodies: [type: string, body: string][] = [
      ['application/x-www-form-urlencoded', 'a=1&a=2&state=x&state=y'],
      ['application/x-www-form-urlencoded', `state=${'x'.repeat(70_000)}`],
      ['application/json', '{"broken'],
      ['text/csv', 'a,b'],
    ]
    const statuses = new Set<number>()
    const raw: string[] = []
    const look = async (method: string, path: string, sent: [string, string] | null) => {
      const { status, headers } = await rawRequest(latchkey.url, {
        method,
        path,
        headers: [
          ...['accept', 'text/html,application/xhtml+xml,*/*;q=0.8'],
          ...['sec-fetch-mode', 'navigate', 'sec-fetch-dest', 'document'],
          ...(sent === null ? [] : ['content-type', sent[0]]),
        ],
        ...(sent === null ? {} : { body: sent[1] }),
      })
      if (status < 400) return
      statuses.add(status)
      const type = headers.get('content-type')
      if (type !== 'text/html; charset=utf-8') raw.push(`${method} ${path}: ${status} ${type}`)
    }
    // What providers tell is told by their servers, which get nothing to read.
    const visited = Object.keys(paths).filter((path) => !path.includes('/events'))
    for (const described of visited) {
      for (const provider of ['kakao', 'none']) {
        const path = described.replace('{provider}', provider).replace(/\{\w+\}/, 'x')
        await look('GET', `${path}?state=a&state=b`, null)
        await look('GET', path, null)
        for (const method of ['PUT', 'DELETE']) await look(method, path, null)
        for (const body of bodies) await look('POST', path, body)
      }
    }
    expect(raw).toEqual([])
    expect([...statuses].sort()).toEqual(expect.arrayContaining([400, 401, 404, 405, 413, 415]))
  }, 60_000)
})
