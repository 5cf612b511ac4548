import { describe, expect, test } from 'vitest'
import { APPS, authorizationQuery, SPA } from '../../helpers/apps.ts'
import { type Answer, Browser } from '../../helpers/browser.ts'
import { expectProblem, expectProtected } from '../../helpers/problems.ts'
import { rawBytes, rawRequest } from '../../helpers/raw-request.ts'
import { setStage } from '../../helpers/stage.ts'

const { latchkey } = setStage({
  settings: {
    ...APPS,
    OIDC_PROVIDERS: 'fake,down',
    DOWN_NAME: 'Down <Co>',
    DOWN_ISSUER: 'http://127.0.0.1:1',
    DOWN_CLIENT_ID: 'a',
    DOWN_CLIENT_SECRET: 'b',
    CLIENT_SPA_NAME: 'The App',
  },
})

/** What Chrome sends when a person goes to a page. */
const NAVIGATION = {
  accept:
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
}
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

interface Sent {
  method?: string
  headers?: Record<string, string>
  body?: string
}

const send = (path: string, { method = 'GET', headers = {}, body }: Sent = {}) =>
  rawRequest(latchkey.url, {
    method,
    path,
    headers: Object.entries(headers).flat(),
    ...(body === undefined ? {} : { body }),
  })

/** The links of a page: where they lead and what they say. */
const linksOf = ({ text }: Answer) =>
  [...text.matchAll(/<a [^>]*href="([^"]*)"[^>]*>([^<]*)<\/a>/g)].map(([, href, words]) => [
    href?.replaceAll('&amp;', '&'),
    words,
  ])

describe('a browser gets a page and a program its JSON', () => {
  const large = `state=${'x'.repeat(70_000)}`
  const cases: [what: string, status: number, code: string, path: string, sent?: Sent][] = [
    ['no route', 404, 'not_found', '/nothing'],
    ['no route, by POST', 404, 'not_found', '/nothing', { method: 'POST', body: 'a' }],
    ['a method that is not allowed', 405, 'method_not_allowed', '/login', { method: 'DELETE' }],
    ['the token endpoint by GET', 405, 'method_not_allowed', '/token'],
    ['a path that cannot be decoded', 400, 'invalid_request', '/login/%zz'],
    ['no access token', 401, 'invalid_token', '/me'],
    ['an unknown provider', 404, 'unknown_provider', '/login?provider=none'],
    ['an unknown provider’s callback', 404, 'unknown_provider', '/login/none/callback'],
    ['a provider’s logout that does not exist', 404, 'unknown_provider', '/logout/none'],
    ['a parameter twice', 400, 'invalid_request', '/login/fake?state=a&state=b'],
    ['a provider that cannot be reached', 502, 'provider_error', '/login/down'],
    ['a logout that leads elsewhere', 400, 'invalid_request', '/logout?client_id=spa&client_id=x'],
    [
      'a body that is too large',
      413,
      'payload_too_large',
      '/logout',
      { method: 'POST', headers: FORM, body: large },
    ],
    [
      'a body of another type',
      415,
      'unsupported_media_type',
      '/logout',
      { method: 'POST', headers: { 'content-type': 'text/csv' }, body: 'a,b' },
    ],
  ]
  test.each(cases)('%s', async (_what, status, code, path, sent = {}) => {
    const page = await send(path, { ...sent, headers: { ...sent.headers, ...NAVIGATION } })
    expect([page.status, page.headers.get('content-type')]).toEqual([
      status,
      'text/html; charset=utf-8',
    ])
    expectProtected(page)
    expect(page.text).toContain(code)
    expect(page.text).not.toMatch(/undefined|null|\{"/)
    expect(linksOf(page).length).toBeGreaterThan(0)
    expect(page.headers.get('vary')).toMatch(/Accept, Accept-Language$/)
    expectProblem(await send(path, sent), status, code)
  })

  test('a refused access token has one page for all causes', async () => {
    const cookies = ['', 'latchkey-access=x', 'latchkey-access=eyJhbGciOiJub25lIn0.e30.']
    const pages = await Promise.all(
      cookies.map((cookie) => send('/me', { headers: { ...NAVIGATION, cookie } })),
    )
    expect(new Set(pages.map(({ text }) => text)).size).toBe(1)
    expect(pages[0]?.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
    // CORS has its say in what the answer varies with.
    expect(pages[0]?.headers.get('vary')).toBe('Origin, Accept, Accept-Language')
    // With a token it is a program, whatever its HTTP library accepts.
    const headers = { ...NAVIGATION, authorization: 'Bearer x' }
    expectProblem(await send('/me', { headers }), 401, 'invalid_token')
  })

  test.each([
    ['/token', 'grant_type=none', 400],
    ['/revoke', '', 400],
    ['/introspect', 'token=x', 401],
  ])(
    'a form of a web page that ends at %s; no program’s OAuth error changes',
    async (path, body, status) => {
      const page = await send(path, { method: 'POST', headers: { ...FORM, ...NAVIGATION }, body })
      expect([page.status, page.headers.get('content-type')]).toEqual([
        status,
        'text/html; charset=utf-8',
      ])
      expectProtected(page)
      // Java's own HTTP client says that it likes HTML best.
      const java = { accept: 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2' }
      const plain = await send(path, { method: 'POST', headers: FORM, body })
      const withAccept = await send(path, { method: 'POST', headers: { ...FORM, ...java }, body })
      for (const answer of [plain, withAccept]) {
        expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
        expect(answer.json()).toMatchObject({ error: expect.stringMatching(/^[a-z_]+$/) })
      }
    },
  )

  test('headers that are too large, and bytes that are no request', async () => {
    const head = (accept: string, rest: string) =>
      `GET /login HTTP/1.1\r\nHost: localhost\r\nAccept: ${accept}\r\nAccept-Language: ko\r\n${rest}`
    const cookies = `Cookie: ${'c'.repeat(20_000)}\r\n\r\n`
    for (const [rest, status] of [
      [cookies, '431'],
      ['Broken\r\n\r\n', '400'],
    ] as const) {
      const page = await rawBytes(latchkey.url, head(NAVIGATION.accept, rest))
      expect(page).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
      expect(page).toMatch(/content-type: text\/html; charset=utf-8\r\n/)
      expect(page).toMatch(/content-security-policy: default-src 'none'; style-src 'sha256-/)
      expect(page).toContain('<html lang="ko">')
      const program = await rawBytes(latchkey.url, head('*/*', rest))
      expect(program).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
      expect(program).toMatch(/content-type: application\/problem\+json/)
      const body = JSON.parse(program.slice(program.indexOf('\r\n\r\n') + 4))
      expect(body.status).toBe(Number(status))
    }
  })
})

describe('the page of a problem', () => {
  test.each([
    ['/login/fake?ui_locales=ja&state=a&state=b', 'ja'],
    ['/nothing?ui_locales=fr+ko', 'ko'],
    ['/logout/none?ui_locales=ja-JP', 'ja'],
    ['/nothing?ui_locales=%3Cscript%3E', 'en'],
    ['/nothing?ui_locales=ko&ui_locales=ja', 'en'],
  ])('of %s speaks %s', async (path, language) => {
    const page = await send(path, { headers: { ...NAVIGATION, 'accept-language': 'en' } })
    expect(page.text).toContain(`<html lang="${language}">`)
  })

  test.each([
    ['en', 'Down &lt;Co&gt; could not sign you in. Please try again.'],
    ['ko', 'Down &lt;Co&gt;에 문제가 생겨 로그인하지 못했습니다. 다시 시도해 주세요.'],
    [
      'ja',
      'Down &lt;Co&gt;で問題が発生したため、ログインできませんでした。もう一度お試しください。',
    ],
  ])('of a provider says which one it was, %s', async (language, text) => {
    const headers = { ...NAVIGATION, 'accept-language': language }
    for (const path of ['/login/down', '/login?provider=down']) {
      expect((await send(path, { headers })).text).toContain(`<p>${text}</p>`)
    }
    // One that is not ours has no name here, whatever the address says.
    expect((await send('/login/Evil', { headers })).text).not.toMatch(/Evil/)
  })

  test.each([
    ['/nothing', 'en', 'Page not found'],
    ['/me', 'ko', '로그인이 필요합니다'],
    ['/token', 'ja', 'エラーが発生しました'],
    ['/login/none', 'en', 'Signing in did not work'],
  ])('of %s says at its head what it is, %s', async (path, language, title) => {
    const page = await send(path, { headers: { ...NAVIGATION, 'accept-language': language } })
    expect(page.text).toContain(`<title>${title}</title>`)
    expect(page.text).toContain(`<h1>${title}</h1>`)
  })

  test('leads to the apps where nobody was signing in, and to no sign-in without one', async () => {
    for (const path of ['/nothing', '/me', '/token']) {
      expect(linksOf(await send(path, { headers: NAVIGATION }))).toEqual([
        [`${latchkey.url}/`, 'Open Playground'],
      ])
    }
    const head = `Broken\r\nAccept: text/html\r\n\r\n`
    expect(await rawBytes(latchkey.url, head)).toContain('>Open Playground</a>')
  })

  test('of a start keeps the request and offers the app, at /login too', async () => {
    const query = authorizationQuery({ login_hint: 'minji', prompt: 'login', extra: 'x' })
    const start = await send(`/login/down${query}`, { headers: NAVIGATION })
    const asked = new URLSearchParams(query)
    asked.delete('extra')
    const signIn = await send(`/login${query}&provider=down`, { headers: NAVIGATION })
    for (const page of [start, signIn]) {
      expect(page.status).toBe(502)
      const [retry, other, back] = linksOf(page)
      const [path, search] = String(retry?.[0]).split('?')
      expect([path, retry?.[1]]).toEqual(['/login/down', 'Try again'])
      expect(Object.fromEntries(new URLSearchParams(search))).toEqual(Object.fromEntries(asked))
      expect(other).toEqual([`/login?${search}`, 'Other ways to sign in'])
      expect(back?.[1]).toBe('Back to The App')
      const url = new URL(String(back?.[0]))
      expect(url.origin + url.pathname).toBe(SPA.redirect_uri)
      expect(Object.fromEntries(url.searchParams)).toEqual({
        error: 'access_denied',
        error_description: 'The sign-in was not finished.',
        state: 'state-of-the-app',
        iss: latchkey.url,
      })
    }
  })

  test.each([
    ['a redirect_uri that is not registered', { redirect_uri: 'https://evil.example.com/' }, 'spa'],
    ['an unknown client', { client_id: 'nobody' }, 'none'],
    ['a client’s redirect_uri under another name', { client_id: 'other' }, 'other'],
    ['a redirect_uri that runs', { redirect_uri: 'javascript:alert(1)' }, 'spa'],
  ] as const)('of a start with %s keeps nothing of it', async (_what, change, app) => {
    const page = await send(`/login/down${authorizationQuery(change)}`, { headers: NAVIGATION })
    // To the app that was named, and then to no login that would go on without it.
    const ways = { spa: 'https://app.example.com/', other: 'https://other.example.com/' }
    const expected = app === 'none' ? ['/login/down', '/login'] : [ways[app]]
    expect(linksOf(page).map(([href]) => href)).toEqual(expected)
    // Its developer, who alone looks here, is told what was sent; nothing leads there.
    expect(page.text).not.toMatch(/href="[^"]*(evil|javascript|state-of-the-app)/)
    const control = await send(`/login/down${authorizationQuery()}`, { headers: NAVIGATION })
    expect(linksOf(control)).toHaveLength(3)
  })

  test('of a form_post that cannot be read is one too', async () => {
    const page = await new Browser().send(`${latchkey.url}/login/none/callback`, {
      method: 'POST',
      headers: { ...FORM, accept: 'text/html' },
      body: 'code=a&code=b',
    })
    expect([page.status, page.headers.get('content-type')]).toEqual([
      404,
      'text/html; charset=utf-8',
    ])
  })
})
