import { beforeAll, describe, expect, test } from 'vitest'
import { type Answer, Browser } from '../helpers/browser.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { type Latchkey, login, startLatchkey, startLogin } from '../helpers/latchkey.ts'
import { expectProblem, expectProtected, lastProblem } from '../helpers/problems.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage({ people: () => ({ name: 'Person One' }) })
/** Its database is gone. */
let stranded: Latchkey
/** Whoever asks it has asked too often. */
let busy: Latchkey
/** It does not wait long for a provider. */
let hurried: Latchkey

beforeAll(async () => {
  const testDatabase = await createTestDatabase()
  stranded = await startLatchkey(provider.settings(), { testDatabase })
  expect((await login(stranded, provider)).status).toBe(200)
  await testDatabase.drop()
  hurried = await startLatchkey(provider.settings(), { outboundMs: 1_500 })
  busy = await startLatchkey({ ...provider.settings(), RATE_LIMIT: 'on' })
  for (let i = 0; i < 60; i++) await get('/login/nope', {}, busy)
  return () => Promise.all([stranded, hurried, busy].map((one) => one.close()))
})

/** What a stranger would like to see on our pages. */
const HOSTILE = '"><img src=x onerror=alert(1)>\r\nset-cookie: evil=1\r\n\r\n<script>'
const HTML = '<html><body>canary page of the provider</body></html>'

type Headers = Record<string, string>

/** One callback of a fresh flow in a fresh browser. */
async function callBack(
  headers: Headers,
  parameters: Record<string, string | null> = {},
  at = latchkey,
): Promise<Answer> {
  const browser = new Browser()
  const started = await startLogin(at, browser)
  provider.nonce = started.nonce ?? ''
  return browser.send(started.callback(parameters), { headers })
}

const get = (path: string, headers: Headers, at = latchkey) =>
  new Browser().send(`${at.url}${path}`, { headers })

interface Row {
  status: number
  code: string
  /** What plays it, in words. */
  when: string
  play(headers: Headers): Promise<Answer>
  /** What the log says of it. */
  log?: Record<string, unknown>
  /** Where its page leads: by default back to the login of this provider; null where there is no second try. */
  retry?: string | null
}

/** Section 3's table of errors. */
const table: Row[] = [
  {
    status: 404,
    code: 'unknown_provider',
    when: 'a start at a provider that is not enabled',
    play: (headers) => get('/login/nope?login_hint=%3Cscript%3E', headers),
    // What the app asked for is kept, and stands there as it is sent: encoded.
    retry: '/login?login_hint=%3Cscript%3E',
  },
  {
    status: 404,
    code: 'unknown_provider',
    when: 'a callback of a provider that is not enabled',
    play: (headers) => get('/login/nope/callback?code=x&state=y', headers),
    retry: '/login',
  },
  {
    status: 400,
    code: 'invalid_request',
    when: 'a start with a redirect_uri that no client registered',
    play: (headers) =>
      get(`/login/fake?redirect_uri=${encodeURIComponent('https://stranger.example/')}`, headers),
  },
  {
    status: 400,
    code: 'invalid_request',
    when: 'a callback with two codes',
    play: (headers) => get('/login/fake/callback?code=a&code=b&state=x', headers),
  },
  {
    status: 400,
    code: 'invalid_state',
    when: 'a callback without its flow',
    play: (headers) => callBack({ ...headers, cookie: 'none=1' }),
    log: { reason: 'flow_not_found' },
  },
  {
    status: 403,
    code: 'access_denied',
    when: 'a person who declines',
    play: (headers) =>
      callBack(headers, { code: null, error: 'access_denied', error_description: HOSTILE }),
    log: { step: 'callback', error: 'access_denied' },
  },
  {
    status: 403,
    code: 'access_denied',
    when: 'a disabled user',
    play: async (headers) => {
      provider.subject = 'person-disabled'
      const { user } = (await login(latchkey, provider)).json() as { user?: { sub: string } }
      if (user !== undefined) {
        const disable = 'update latchkey.users set disabled_at = now() where id = $1'
        await latchkey.database.query(disable, [user.sub])
      }
      return callBack(headers)
    },
    log: { reason: 'user_disabled' },
    retry: null,
  },
  {
    status: 400,
    code: 'invalid_code',
    when: 'a code that the provider refuses',
    play: (headers) => {
      const body = { error: 'invalid_grant', error_description: HOSTILE }
      provider.answers.token = { status: 400, body }
      return callBack(headers)
    },
    log: { step: 'token', status: 400, error: 'invalid_grant' },
  },
  {
    status: 502,
    code: 'invalid_provider_response',
    when: 'a token answer that is a page',
    play: (headers) => {
      provider.answers.token = { body: HTML, headers: { 'content-type': 'text/html' } }
      return callBack(headers)
    },
    log: { step: 'token' },
  },
  {
    status: 502,
    code: 'invalid_provider_response',
    when: 'an ID token for somebody else',
    play: (headers) => {
      provider.idToken = (claims) => ({ ...claims, aud: HOSTILE })
      return callBack(headers)
    },
    log: { step: 'id_token', reason: 'claim_aud' },
  },
  {
    status: 502,
    code: 'invalid_provider_response',
    when: 'a profile of another person',
    play: (headers) => {
      provider.userinfo = (document) => ({ ...document, sub: 'somebody-else' })
      return callBack(headers)
    },
    log: { reason: 'subject_mismatch' },
  },
  {
    status: 502,
    code: 'invalid_provider_response',
    when: 'a redirect in place of a profile',
    play: (headers) => {
      provider.answers.userinfo = { status: 302, headers: { location: 'http://127.0.0.1:1/' } }
      return callBack(headers)
    },
    log: { step: 'userinfo', reason: 'redirect' },
  },
  {
    status: 502,
    code: 'provider_error',
    when: 'an error of the token endpoint',
    play: (headers) => {
      provider.answers.token = { status: 500, body: HTML, headers: { 'content-type': 'text/html' } }
      return callBack(headers)
    },
    log: { step: 'token', status: 500 },
  },
  {
    status: 502,
    code: 'provider_error',
    when: 'a refusal of our own registration',
    play: (headers) => {
      const body = { error: 'invalid_client', error_description: HOSTILE }
      provider.answers.token = { status: 401, body }
      return callBack(headers)
    },
    log: { step: 'token', status: 401, error: 'invalid_client' },
  },
  {
    status: 502,
    code: 'provider_error',
    when: 'an error that the browser brings back',
    play: (headers) =>
      callBack(headers, { code: null, error: 'server_error', error_description: HOSTILE }),
    log: { step: 'callback', error: 'server_error' },
  },
  {
    status: 504,
    code: 'provider_timeout',
    when: 'a token endpoint that never answers',
    play: (headers) => {
      provider.answers.token = () => {}
      return callBack(headers, {}, hurried)
    },
    log: { step: 'token' },
  },
  {
    status: 503,
    code: 'temporarily_unavailable',
    when: 'a database that is gone',
    play: (headers) => callBack(headers, {}, stranded),
  },
  {
    status: 429,
    code: 'rate_limited',
    when: 'an address that starts too many logins',
    play: (headers) => get('/login/fake', headers, busy),
    log: { limit: 'login' },
  },
]

/** Where what is not about the login itself is played. */
const at = (status: number) => ({ 429: busy, 503: stranded, 504: hurried })[status] ?? latchkey

/** How a visitor asks for a language, and what the page then says. */
interface Words {
  sent: string
  title: string
  again: string
}

const LANGUAGES: Record<string, Words> = {
  en: { sent: 'fr, en-GB;q=0.8, ko;q=0.5', title: 'Signing in did not work', again: 'Try again' },
  ko: { sent: 'ko-KR,ko;q=0.9,en;q=0.8', title: '로그인하지 못했습니다', again: '다시 시도' },
  ja: { sent: 'ja', title: 'ログインできませんでした', again: 'もう一度試す' },
  'zh-Hant': { sent: 'zh-TW,zh;q=0.9,en;q=0.8', title: '無法登入', again: '再試一次' },
  es: { sent: 'es-419', title: 'No se ha podido iniciar sesión', again: 'Volver a intentarlo' },
}

/** Fails where any text of the provider or the request stands in the answer. */
function expectOwnWordsOnly(answer: Answer): void {
  const all = answer.text + JSON.stringify([...answer.headers])
  for (const foreign of ['onerror', '<script', 'evil', 'canary', 'a-code', 'somebody-else']) {
    expect(all).not.toContain(foreign)
  }
}

describe.each(table)('$code: $when', ({ status, code, play, log, retry = '/login/fake' }) => {
  test(`is ${status} as problem+json, with the reason in the log`, async () => {
    const answer = await play({})
    expectProblem(answer, status, code)
    expectOwnWordsOnly(answer)
    expect(answer.headers.has('retry-after')).toBe([429, 503].includes(status))
    expect(lastProblem(at(status))).toMatchObject({
      code,
      request_id: answer.json().request_id,
      ...log,
    })
  })

  test('is a page in the language of the visitor, with a way to try again', async () => {
    const accept = 'text/html,application/xhtml+xml,*/*;q=0.8'
    const visits: { language: string; words: Words; page: Promise<Answer> }[] = []
    for (const [language, words] of Object.entries(LANGUAGES)) {
      const page = play({ accept, 'accept-language': words.sent })
      // One after the other, but for the one that takes its time.
      if (code !== 'provider_timeout') await page
      visits.push({ language, words, page })
    }
    const texts = new Set<string | undefined>()
    for (const { language, words, page } of visits) {
      const answer = await page
      texts.add(/<p>(.*?)<\/p>/.exec(answer.text)?.[1])
      expect(answer.status).toBe(status)
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(answer.headers.get('content-language')).toBe(language)
      expect(answer.headers.get('vary')).toMatch(/accept\b.*accept-language/i)
      expectProtected(answer)
      expect(answer.text).toContain(`<html lang="${language}">`)
      if (retry === null) {
        expect(answer.text).not.toContain(words.again)
      } else {
        expect(answer.text).toContain(`<title>${words.title}</title>`)
        expect(answer.text).toContain(`href="${retry}">${words.again}</a>`)
      }
      expect(answer.text).toContain(code)
      // The one script of ours counts the seconds.
      const script = /<script>[^<]*<\/script>/
      if (code === 'rate_limited') answer.text = answer.text.replace(script, '')
      expectOwnWordsOnly(answer)
    }
    expect(texts.size).toBe(Object.keys(LANGUAGES).length)
  })
})

describe('control', () => {
  test('the same login without any of these signs in', async () => {
    expect((await callBack({})).status).toBe(200)
  })

  test('for a browser on loopback a page that has the JSON behind a button', async () => {
    const answer = await callBack({ accept: 'text/html' })
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(answer.text).toContain('<h1>Signed in as Person One</h1>')
    expect(answer.text).toMatch(/<button [^>]*type="button"/)
    expect(answer.text).toMatch(
      /<pre id="json"[^>]* hidden>[^<]*&quot;token_type&quot;: &quot;Bearer/,
    )
  })

  test('the link of a page of a missing flow starts a login that works', async () => {
    const browser = new Browser()
    const page = await browser.send(`${latchkey.url}/login/fake/callback?code=x&state=old`, {
      headers: { accept: 'text/html' },
    })
    const href = /class="action[^"]*"[^>]* href="([^"]+)"/.exec(page.text)?.[1] ?? ''
    const start = await browser.send(new URL(href, latchkey.url))
    expect(start.status).toBe(302)
    const state = start.location?.searchParams.get('state')
    provider.nonce = start.location?.searchParams.get('nonce') ?? ''
    const url = `${latchkey.url}/login/fake/callback?code=x&state=${state}`
    expect((await browser.send(url)).status).toBe(200)
  })
})
