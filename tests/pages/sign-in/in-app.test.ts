import { describe, expect, test } from 'vitest'
import { builtInProviders } from '../../../src/providers/index.ts'
import { authorizationQuery, CHALLENGE } from '../../helpers/apps.ts'
import { Browser } from '../../helpers/browser.ts'
import { ANDROID, IN_APP, IPHONE, OWN_BROWSERS } from '../../helpers/in-app.ts'
import { useLatchkey } from '../../helpers/stage.ts'

const REDIRECT = 'https://app.example.com/cb'
const APP_REDIRECT = 'com.example.app:/callback'
const latchkey = useLatchkey({
  EMULATE: 'all',
  CLIENTS: 'spa',
  CLIENT_SPA_NAME: 'The Shop',
  CLIENT_SPA_RESPONSE_MODES: 'query,cookie',
  CLIENT_SPA_REDIRECT_URIS: `${REDIRECT},${APP_REDIRECT}`,
})

/** The sign-in page as this browser gets it, its entities resolved. */
async function pageFor(userAgent: string, query = '', language = 'en') {
  const answer = await new Browser().send(`${latchkey.url}/login${query}`, {
    headers: { 'user-agent': userAgent, 'accept-language': language },
  })
  expect(answer.status).toBe(200)
  return answer.text.replaceAll('&amp;', '&')
}

/** The button of a provider: where it leads and what it says. */
function buttonOf(html: string, id: string) {
  const found = new RegExp(
    `<a class="action provider b-${id}" rel="nofollow" href="([^"]+)">(.*?)</a>`,
  ).exec(html)
  const says = (found?.[2] ?? '').replace(/<svg.*?<\/svg>|<[^>]+>/g, '')
  return { href: found?.[1] ?? '', says }
}

const google = () => `${latchkey.url}/login/google`

/** The parts of an intent: the address that it opens, and its parameters. */
function readIntent(href: string) {
  const [address = '', rest = '', ...more] = href.split('#')
  const parts = rest.split(';')
  expect([more, parts[0], parts.at(-1)]).toEqual([[], 'Intent', 'end'])
  const named = parts.slice(1, -1).map((part) => part.split('='))
  return { address, ...Object.fromEntries(named) }
}

const expectIntent = (href: string) =>
  expect(readIntent(href)).toEqual({
    address: `intent:${google().slice('http:'.length)}`,
    scheme: 'http',
    action: 'android.intent.action.VIEW',
    category: 'android.intent.category.BROWSABLE',
    // An app that knows no intent stays on the page, where the address is unfolded to be copied.
    'S.browser_fallback_url': encodeURIComponent(`${latchkey.url}/login#address-google`),
  })
const ways: Record<(typeof IN_APP)[number]['way'], (href: string) => void> = {
  kakaotalk: (href) =>
    expect(href).toBe(`kakaotalk://web/openExternal?url=${encodeURIComponent(google())}`),
  line: (href) => expect(href).toBe(`${google()}?openExternalBrowser=1`),
  intent: expectIntent,
  copy: (href) => expect(href).toBe('#address-google'),
}

describe('a browser that an app brings itself', () => {
  test.each(IN_APP)('$app gets a way out for Google by $way: $userAgent', async (one) => {
    const html = await pageFor(one.userAgent)
    const { href, says } = buttonOf(html, 'google')
    ways[one.way](href)
    expect(says).toContain('Sign in with Google')
    expect(says).toContain(one.way === 'copy' ? 'Only in your browser' : 'Opens in your browser')
    expect(html).toContain(`Google does not allow signing in inside ${one.app}.`)
    expect(html).toContain(`value="${google()}"`)
  })

  test('has every provider in its place, and only Google’s button leaves it', async () => {
    const inside = await pageFor(IN_APP[0].userAgent)
    const outside = await pageFor(ANDROID)
    const idsOf = (html: string) =>
      [...html.matchAll(/provider b-([a-z0-9-]+)/g)].map(([, id]) => id)
    const all = builtInProviders.map(({ id }) => id)
    expect([idsOf(inside), idsOf(outside)]).toEqual([all, all])
    for (const id of all.filter((one) => one !== 'google')) {
      expect(buttonOf(inside, id)).toEqual(buttonOf(outside, id))
    }
    expect(buttonOf(outside, 'google').href).toBe('/login/google')
  })

  test.each([
    ['ko', '카카오톡', '브라우저에서 열립니다'],
    ['ja', 'カカオトーク', 'ブラウザで開きます'],
  ])('is told of in the person’s language: %s', async (language, app, badge) => {
    const html = await pageFor(IN_APP[0].userAgent, '', language)
    expect(html).toContain(app)
    expect(buttonOf(html, 'google').says).toContain(badge)
  })

  test.each(OWN_BROWSERS)('that is none gets nothing of it: %s', async (userAgent) => {
    const html = await pageFor(userAgent)
    expect(buttonOf(html, 'google').href).toBe('/login/google')
    expect(html).not.toMatch(/intent:|kakaotalk:|openExternal|address-google|<script/)
  })
})

describe('the way out leads', () => {
  const kakaotalk = IN_APP[0].userAgent
  const target = async (query: string) => {
    const { href, says } = buttonOf(await pageFor(kakaotalk, query), 'google')
    return { says, url: decodeURIComponent(/openExternal\?url=(.+)$/.exec(href)?.[1] ?? '') }
  }
  const registered = `?client_id=spa&redirect_uri=${encodeURIComponent(REDIRECT)}`

  test('to the provider at once, where nothing is kept in the browser that is left', async () => {
    expect((await target('?scope=openid')).url).toBe(`${google()}?scope=openid`)
    const cookie = `${registered}&response_mode=cookie`
    expect((await target(cookie)).url).toBe(`${google()}${cookie}`)
    const outside = await new Browser().send(`${google()}?scope=openid`, {
      headers: { 'user-agent': ANDROID, accept: 'text/html' },
    })
    expect(outside.location?.pathname).toContain('/google/')
  })

  test('to the app, which is said, where its state or verifier is kept there', async () => {
    const proof = `code_challenge=${CHALLENGE}&code_challenge_method=S256`
    for (const bound of [`state=abc&${proof}`, proof, 'state=abc&response_mode=cookie']) {
      expect(await target(`${registered}&${bound}`)).toEqual({
        says: expect.stringContaining('Opens The Shop in your browser'),
        url: 'https://app.example.com/',
      })
    }
    const other = encodeURIComponent('https://evil.example.com/callback')
    const evil = await new Browser().send(
      `${latchkey.url}/login?client_id=spa&redirect_uri=${other}&state=abc`,
      { headers: { 'user-agent': kakaotalk, accept: 'text/html' } },
    )
    expect([evil.status, evil.text.includes('openExternal')]).toEqual([400, false])
    const native = `?client_id=spa&redirect_uri=${encodeURIComponent(APP_REDIRECT)}&state=abc&${proof}`
    expect((await target(native)).url).toBe(`${google()}${native}`)
  })

  test('never to what the request’s headers say', async () => {
    const answer = await fetch(`${latchkey.url}/login?scope=openid`, {
      headers: {
        'user-agent': kakaotalk,
        'x-forwarded-host': 'evil.example.com',
        forwarded: 'host=evil.example.com',
      },
    })
    const html = await answer.text()
    expect(html).not.toContain('evil.example.com')
    expect(html).toContain(encodeURIComponent(`${google()}?scope=openid`))
  })

  test('by a whole intent, whose end no parameter can move', async () => {
    const naver = `${ANDROID} NAVER(inapp; search; 1000; 12.0.0)`
    const hint = 'a%23Intent%3Bscheme%3Devil%3Bend'
    const html = await pageFor(naver, '?login_hint=a%23Intent;scheme=evil;end')
    const read = readIntent(buttonOf(html, 'google').href)
    expect(read).toMatchObject({
      address: `intent:${google().slice('http:'.length)}?login_hint=${hint}`,
      scheme: 'http',
    })
    expect(decodeURIComponent(read['S.browser_fallback_url'] ?? '')).toBe(
      `${latchkey.url}/login?login_hint=${hint}#address-google`,
    )
  })
})

describe('a browser that an app brings itself, sent to Google directly', () => {
  const query = authorizationQuery({ login_hint: 'minji', ui_locales: 'ko' })
  const send = (path: string, userAgent: string, accept = 'text/html,*/*;q=0.8') =>
    new Browser().send(latchkey.url + path, { headers: { 'user-agent': userAgent, accept } })

  test.each(IN_APP)('$app is led to the sign-in page, and no login is begun', async (one) => {
    for (const path of [`/login/google${query}`, `/login${query}&provider=google`]) {
      const answer = await send(path, one.userAgent)
      expect([answer.status, answer.location?.pathname]).toEqual([302, '/login'])
      expect(answer.location?.origin).toBe(latchkey.url)
      const asked = new URLSearchParams(query)
      expect(Object.fromEntries(answer.location?.searchParams ?? [])).toEqual(
        Object.fromEntries(asked),
      )
      expect(answer.headers.getSetCookie()).toEqual([])
      // No loop: the page is there.
      const page = await send(`/login${answer.location?.search}`, one.userAgent)
      expect([page.status, page.text.includes('id="address-google"')]).toEqual([200, true])
    }
    const plain = await send('/login/google', one.userAgent)
    expect(plain.headers.get('location')).toBe('/login')
  })

  test.each<[what: string, path: string, userAgent: string, accept?: string]>([
    ['a browser of its own', '/login/google', `${IPHONE} Version/18.0 Mobile/15E148 Safari/604.1`],
    ['a web view that names no app', '/login/google', `${ANDROID.replace(')', '; wv)')}`],
    ['a program', '/login/google', IN_APP[0].userAgent, 'application/json'],
    ['a provider that does not refuse it', '/login/kakao', IN_APP[0].userAgent],
    ['the same, by the query', '/login?provider=kakao', IN_APP[0].userAgent],
  ])('%s goes to the provider', async (_what, path, userAgent, accept) => {
    const answer = await send(path, userAgent, accept)
    expect(answer.status).toBe(302)
    expect(answer.location?.pathname).toMatch(/^\/(google|kakao)\//)
    const [flow, ...others] = answer.headers.getSetCookie()
    expect(flow).toContain('latchkey-flow-')
    // For a person the probe is beside it.
    expect(others.filter((cookie) => !cookie.startsWith('latchkey-cookies=1;'))).toEqual([])
  })

  test('is refused as everywhere where the request is not good', async () => {
    const bad = authorizationQuery({ code_challenge: null, code_challenge_method: null })
    for (const userAgent of [IN_APP[0].userAgent, ANDROID]) {
      const answer = await send(`/login/google${bad}`, userAgent)
      const error = answer.location?.searchParams.get('error')
      expect([answer.status, error]).toEqual([303, 'invalid_request'])
    }
  })
})
