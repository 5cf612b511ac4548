import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  APPS,
  authorizationQuery,
  authorize,
  claimsOf,
  NATIVE,
  type Parameters,
  redeem,
  SPA,
} from '../helpers/apps.ts'
import { type Answer, Browser } from '../helpers/browser.ts'
import { startLogin } from '../helpers/latchkey.ts'
import { expectProtected } from '../helpers/problems.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage({ settings: APPS })

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' }
const plain = (html: string) => html.replace(/&([#\w]+);/g, (_, name) => ENTITIES[name] ?? '')

/** The message of a web_message page and the one origin that may have it, as its script reads them. */
function readPage(answer: Answer) {
  const [, attribute = ''] = /<div id="answer" data-answer="([^"]*)">/.exec(answer.text) ?? []
  return JSON.parse(plain(attribute)) as {
    origin: string
    message: { type: string; response: Record<string, string> }
  }
}

describe('response_mode=web_message', () => {
  const popup = (parameters: Parameters = {}) =>
    authorize(latchkey, provider, { response_mode: 'web_message', ...parameters })

  test('answers a page that hands the code to the client’s origin, and redirects nobody', async () => {
    const answer = await popup()
    expect([answer.status, answer.location]).toEqual([200, null])
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    const { origin, message } = readPage(answer)
    expect(origin).toBe('https://app.example.com')
    expect(message).toEqual({
      type: 'authorization_response',
      response: {
        code: expect.stringMatching(/^[\w-]{43}\.[\w-]{43}$/),
        state: 'state-of-the-app',
        iss: latchkey.url,
      },
    })
    expect((await redeem(latchkey, message.response.code ?? '')).status).toBe(200)
  })

  test('its one script is named by its hash, and nothing else may run or load', async () => {
    const answer = await popup()
    expectProtected(answer)
    const scripts = [...answer.text.matchAll(/<script>([\s\S]*?)<\/script>/g)]
    expect(scripts).toHaveLength(1)
    const hash = createHash('sha256')
      .update(scripts[0]?.[1] ?? '')
      .digest('base64')
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toContain(`script-src 'sha256-${hash}'`)
    expect(policy).toContain("base-uri 'none'")
    expect(answer.headers.get('cross-origin-opener-policy')).toBeNull()
    expect(answer.text).not.toMatch(/\bon\w+=|javascript:|src=/)
  })

  test('the script posts to that origin only, and to nobody where there is no opener', async () => {
    const { text } = await popup()
    const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(text) ?? []
    const { origin, message } = readPage({ text } as Answer)
    const run = (opener: object | null) => {
      let closed = 0
      const window = { opener, close: () => closed++ }
      const elements: Record<string, { hidden: boolean; dataset: object }> = {
        answer: { hidden: false, dataset: { answer: JSON.stringify({ origin, message }) } },
        close: { hidden: true, dataset: {} },
        onward: { hidden: false, dataset: {} },
      }
      const document = { getElementById: (id: string) => elements[id] }
      new Function('window', 'document', script)(window, document)
      return { closed, hasLink: elements.onward?.hidden === false }
    }
    const posted: unknown[] = []
    const opened = run({ postMessage: (...call: unknown[]) => posted.push(call) })
    expect(opened).toEqual({ closed: 1, hasLink: false })
    expect(posted).toEqual([[message, 'https://app.example.com']])
    // A tab that nobody opened stays open: the person goes on by the link.
    expect(run(null)).toEqual({ closed: 0, hasLink: true })
  })

  test.each([
    '"><script>alert(1)</script>',
    "'-alert(1)-'",
    '</body></html><!--',
    '&quot;&#34;&amp;',
    '\u2028\u2029\r\n\t`{1}`',
    '🧑‍🚀 한국어',
  ])('3.14 the state %j is text there, and the same text', async (state) => {
    const answer = await popup({ state })
    expect(readPage(answer).message.response.state).toBe(state)
    expect(answer.text.match(/<script/g)).toHaveLength(1)
    expect(answer.text).not.toMatch(/<!--|alert\(1\)<|'-alert/)
  })

  test('the origin has the port that was asked for', async () => {
    const uri = 'http://127.0.0.1:51004/cb'
    const answer = await popup({ ...NATIVE, redirect_uri: uri })
    expect(readPage(answer).origin).toBe('http://127.0.0.1:51004')
  })

  test('a failure is handed over in the same way', async () => {
    provider.answers.token = { status: 500, body: { error: '<script>' } }
    const answer = await popup()
    expect(answer.status).toBe(200)
    expect(readPage(answer).message.response).toEqual({
      error: 'server_error',
      error_description: expect.stringMatching(/\.$/),
      state: 'state-of-the-app',
      iss: latchkey.url,
    })
    expect(answer.text.match(/<script/g)).toHaveLength(1)
  })
})

/** Its cookies but for that of the flow, which stays for a minute. */
const sessionCookiesOf = (browser: Browser) =>
  [...browser.jar().keys()].filter((name) => !name.startsWith('latchkey-flow-')).sort()

describe('response_mode=cookie', () => {
  const cookieMode: Parameters = { response_mode: 'cookie', code_challenge: null }

  test('sets the tokens as cookies and redirects without a code', async () => {
    const browser = new Browser()
    const answer = await authorize(latchkey, provider, cookieMode, browser)
    expect(answer.status).toBe(303)
    expect(answer.location?.href.split('?')[0]).toBe(SPA.redirect_uri)
    expect([...(answer.location?.searchParams.keys() ?? [])]).toEqual(['state', 'iss'])
    expect(sessionCookiesOf(browser)).toEqual(['latchkey-access', 'latchkey-refresh'])
    const [row] = await latchkey.database.query<{ codes: number }>(
      'select count(*)::int as codes from latchkey.login_codes where session_id = $1',
      [claimsOf(browser.jar().get('latchkey-access')?.value ?? '').sid],
    )
    expect(row?.codes).toBe(0)
  })

  test('a failure sets no cookie and tells the client', async () => {
    const browser = new Browser()
    provider.answers.token = { status: 500, body: {} }
    const answer = await authorize(latchkey, provider, cookieMode, browser)
    expect(answer.location?.searchParams.get('error')).toBe('server_error')
    expect(sessionCookiesOf(browser)).toEqual([])
  })

  test('9.20 cookies that were there before are replaced, and their session is over', async () => {
    const me = (cookie: string) =>
      new Browser().send(`${latchkey.url}/me`, { headers: { cookie: `latchkey-access=${cookie}` } })
    const [planted, bystander] = [new Browser(), new Browser()]
    await authorize(latchkey, provider, cookieMode, planted)
    await authorize(latchkey, provider, cookieMode, bystander)
    const before = planted.jar().get('latchkey-access')?.value ?? ''
    const kept = bystander.jar().get('latchkey-access')?.value ?? ''
    expect((await me(before)).status).toBe(200)
    provider.subject = 'somebody-else'
    await authorize(latchkey, provider, cookieMode, planted)
    const after = planted.jar().get('latchkey-access')?.value ?? ''
    expect(claimsOf(after).sid).not.toBe(claimsOf(before).sid)
    expect((await me(before)).status).toBe(401)
    expect((await me(after)).status).toBe(200)
    expect((await me(kept)).status).toBe(200)
  })

  test('a login that fails leaves the session that was there alone', async () => {
    const browser = new Browser()
    await authorize(latchkey, provider, cookieMode, browser)
    const started = await startLogin(
      ...([latchkey, browser, 'fake', authorizationQuery(cookieMode)] as const),
    )
    await browser.send(started.callback({ code: null, error: 'access_denied' }))
    expect((await browser.send(`${latchkey.url}/me`)).status).toBe(200)
  })
})
