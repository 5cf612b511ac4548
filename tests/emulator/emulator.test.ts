import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Emulator, emulatedProviders, startEmulator } from '../../src/emulator/index.ts'
import {
  callbackOf,
  challenge,
  dancer,
  expectRefusal,
  expectTokens,
  fieldsOf,
  json,
  redirectUri,
  statusOf,
  verifier,
} from './dance.ts'
import { words } from './words.ts'

const slowMs = 1000
const start = () =>
  startEmulator({ providers: [...emulatedProviders], redirectUris: redirectUri, slowMs })
let emulator: Emulator
beforeAll(async () => {
  emulator = await start()
})
afterEach(() => vi.useRealTimers())
afterAll(() => emulator.close())

test('every emulated provider is tested here', () => {
  expect(Object.keys(words).sort()).toEqual([...emulatedProviders].sort())
})

describe.each(Object.entries(words))('%s', (provider, said) => {
  const play = () => dancer(emulator, provider)

  test('a persona signs in by raw HTTP, the same one each time, in each emulator', async () => {
    const answer = await play().authorize({ state: 'a b/+&=~' })
    expect((await callbackOf(answer)).href).toContain(`${redirectUri(provider)}?code=`)
    const subject = said.subject(await play().profileFor())
    expect(String(subject)).toMatch(said.subjectForm ?? /^\d{8,21}$/)
    expect(said.subject(await play().profileFor())).toBe(subject)
    expect(said.subject(await play().profileFor({ login_hint: 'alex' }))).not.toBe(subject)
    const other = await startEmulator({ providers: [provider], redirectUris: redirectUri })
    expect(said.subject(await dancer(other, provider).profileFor())).toBe(subject)
    await other.close()
  })

  test('what is refused at the token endpoint is refused in its own words', async () => {
    const code = await play().codeFor()
    await expectRefusal(await play().exchange(code, { client_secret: 'x' }), said.badSecret)
    await expectRefusal(await play().exchange(code, { client_secret: undefined }), said.badSecret)
    await expectRefusal(await play().exchange(code, { client_id: 'x' }), said.badClient)
    await expectRefusal(await play().exchange(code, { redirect_uri: 'x' }), said.badRedirect)
    await expectRefusal(await play().exchange('nope'), said.badCode)
    const grantType = await play().exchange(code, { grant_type: 'password' })
    await expectRefusal(grantType, said.badGrantType ?? [400, { error: 'unsupported_grant_type' }])
    expect((await fetch(play().setting('TOKEN_ENDPOINT'))).status).toBe(said.getStatus ?? 405)
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    const body = JSON.stringify({ code, client_id: play().id, client_secret: play().secret })
    const posted = await play().exchange(code, {}, { headers, body })
    expect(posted.status).toBe(said.jsonStatus ?? 415)
    await expectTokens(await play().exchange(code))
    await expectRefusal(await play().exchange(code), said.badCode)
    for (const [login_hint, refusal] of [
      ['!used-code', said.badCode],
      ['!expired-code', said.badCode],
      ['!wrong-secret', said.badSecret],
    ] as const) {
      await expectRefusal(await play().exchange(await play().codeFor({ login_hint })), refusal)
    }
  })

  test('what is refused before anybody is asked has a page, never a redirect', async () => {
    const refused = await play().authorize({ redirect_uri: `${redirectUri(provider)}/` })
    expect([refused.status, refused.headers.get('location')]).toEqual([400, null])
    expect(await refused.text()).toContain(said.unregistered)
    expect((await play().authorize({ client_id: 'x' })).status).toBeGreaterThanOrEqual(400)
    const url = play().authorizeUrl({
      state: undefined,
      response_mode: undefined,
      scope: said.scopeOfQuery ?? said.scope,
    })
    const stateless = await fetch(url, { redirect: 'manual' })
    expect(stateless.status).toBe(said.needsState ? 400 : 302)
    expect(stateless.headers.get('location') ?? '').not.toContain('state=')
  })

  test('!denied comes back in its own words', async () => {
    const { searchParams } = await callbackOf(await play().authorize({ login_hint: '!denied' }))
    expect(Object.fromEntries(searchParams)).toMatchObject({ ...said.denied, state: 's' })
    expect(searchParams.has('code')).toBe(false)
  })

  if (!said.withoutProfile)
    test('the profile wants a token of its own', async () => {
      const other = emulatedProviders.find((id) => id !== provider) ?? ''
      const foreign = (await dancer(emulator, other).tokensFor()).access_token ?? ''
      for (const token of ['nope', foreign, '']) {
        const refused = await play().get('USERINFO_ENDPOINT', token)
        await expectRefusal(refused, [said.unknownTokenStatus ?? 401, said.unknownToken])
      }
      const { access_token = '' } = await play().tokensFor({ login_hint: '!profile-error' })
      expect((await play().get('USERINFO_ENDPOINT', access_token)).status).toBe(503)
      expect(await play().profileFor({ login_hint: '!wrong-profile' })).toBeInstanceOf(Array)
    })

  test('codes and access tokens live as long as they should', async () => {
    const late = await play().codeFor()
    const tokens = await json(await play().exchange(await play().codeFor()))
    const expectStatus = async (status: number) => {
      if (said.withoutProfile) return
      expect((await play().get('USERINFO_ENDPOINT', tokens.access_token)).status).toBe(status)
    }
    const codeMs = (said.codeSeconds ?? 600) * 1000
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + codeMs - 1000 })
    await expectStatus(200)
    vi.setSystemTime(Date.now() + 2_000)
    await expectRefusal(await play().exchange(late), said.badCode)
    vi.setSystemTime(Date.now() + (tokens.expires_in ?? 1e9) * 1000)
    await expectStatus('expires_in' in tokens ? (said.unknownTokenStatus ?? 401) : 200)
  })
})

describe('the authorize endpoint, whose code all share', () => {
  const play = () => dancer(emulator, 'google')

  test('state comes back byte for byte', async () => {
    const url = play().authorizeUrl({ state: undefined })
    const answer = await fetch(`${url}&state=a%20b+c%2f%2F~%FF`, { redirect: 'manual' })
    expect(answer.headers.get('location')).toContain('&state=a%20b+c%2f%2F~%FF')
  })

  test('only the registered redirect URI is redirected to', async () => {
    const uris = [`${redirectUri('google')}?x=1`, undefined, 'http://evil.example/']
    for (const redirect_uri of [...uris, 'http://LOCALHOST:3000/']) {
      const refused = await play().authorize({ redirect_uri })
      expect([refused.status, refused.headers.get('location')]).toEqual([400, null])
    }
    expect((await callbackOf(await play().authorize())).searchParams.has('code')).toBe(true)
  })

  test('a repeated parameter and another method are refused', async () => {
    expect((await fetch(`${play().authorizeUrl()}&state=2`)).status).toBe(400)
    const posted = await fetch(play().authorizeUrl(), { method: 'POST', redirect: 'manual' })
    expect(posted.status).toBe(405)
    expect((await play().authorize()).status).toBe(302)
  })

  test.each(['google', 'apple'])('%s: the page’s first form signs in as the first', async (id) => {
    const { authorize, exchange, get, profileFor } = dancer(emulator, id)
    const said = words[id]
    const state = '"><script>&'
    const page = await authorize({ login_hint: 'nobody', state })
    const policy = page.headers.get('content-security-policy')
    expect(policy).toMatch(/^default-src 'none'; style-src 'nonce-/)
    const text = await page.text()
    expect(text).toContain('<h1>Emulated')
    expect(text).not.toMatch(/<script|<b>/)
    for (const pick of ['minji', 'alex', 'sora', 'yuki', 'robin', 'odd', '!denied', '!html']) {
      expect(text).toContain(`name="login_hint" value="${pick}"`)
    }
    const form = /<form method="get" action="([^"]*)">(.*?)<\/form>/.exec(text)
    const action = `${emulator.origin}${form?.[1]}?${fieldsOf(form?.[2])}`
    const { searchParams } = await callbackOf(await fetch(action, { redirect: 'manual' }))
    expect(searchParams.get('state')).toBe(state)
    const tokens = await json(await exchange(searchParams.get('code') ?? '', { state }))
    const profile = said?.withoutProfile
      ? decodeJwt(tokens.id_token)
      : await json(await get('USERINFO_ENDPOINT', tokens.access_token))
    expect(said?.subject(profile)).toBe(said?.subject(await profileFor()))
  })

  test('a hint is a whole word: anything near it shows the page', async () => {
    for (const login_hint of ['minji!denied', '!DENIED', 'Minji', 'constructor', '!slow ']) {
      expect((await play().authorize({ login_hint })).status).toBe(200)
    }
    // A hint of another provider's own.
    expect((await play().authorize({ login_hint: '!auto-login' })).status).toBe(200)
  })
})

describe('PKCE', () => {
  const plain = { code_challenge: undefined, code_challenge_method: undefined }

  test.each(['google', 'x'])('%s: S256, and the verifier has to match', async (id) => {
    const play = dancer(emulator, id)
    const refused = words[id]?.badVerifier ?? [400, {}]
    for (const code_challenge_method of ['plain', undefined]) {
      expect((await play.authorize({ code_challenge_method })).status).toBe(400)
    }
    expect((await play.authorize({ code_challenge: 'short' })).status).toBe(400)
    const code = await play.codeFor()
    const other = `${verifier.slice(0, -1)}j`
    await expectRefusal(await play.exchange(code, { code_verifier: other }), refused)
    await expectRefusal(await play.exchange(code, { code_verifier: undefined }), refused)
    await expectTokens(await play.exchange(code))
    expect(challenge).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
  })

  test('where it is optional, a verifier without a challenge is refused', async () => {
    const { codeFor, exchange } = dancer(emulator, 'google')
    const bare = await codeFor(plain)
    await expectRefusal(await exchange(bare), words.google?.badVerifier ?? [400, {}])
    await expectTokens(await exchange(bare, { code_verifier: undefined }))
  })

  test('where it is required, a request without a challenge is refused', async () => {
    const { authorize } = dancer(emulator, 'x')
    expect((await authorize(plain)).status).toBe(400)
    expect((await authorize()).status).toBe(302)
  })

  test('where it is ignored, it is looked at nowhere', async () => {
    const { codeFor, exchange } = dancer(emulator, 'naver')
    const code = await codeFor({ code_challenge: 'x', code_challenge_method: 'plain' })
    await expectTokens(await exchange(code, { code_verifier: 'y' }))
  })
})

describe('the token endpoint, whose code all share', () => {
  const play = () => dancer(emulator, 'google')

  test('a code works once, also when it is used twice at once', async () => {
    const code = await play().codeFor()
    const both = await Promise.all([play().exchange(code), play().exchange(code)])
    const bodies = await Promise.all(both.map(json))
    expect(bodies.filter((body) => body.access_token)).toHaveLength(1)
  })

  test('!server-error, !html and !slow strike it', async () => {
    const broken = await play().exchange(await play().codeFor({ login_hint: '!server-error' }))
    expect(broken.status).toBe(503)
    const page = await play().exchange(await play().codeFor({ login_hint: '!html' }))
    expect([page.status, page.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('text/html'),
    ])
    const timed = async (login_hint: string) => {
      const code = await play().codeFor({ login_hint })
      const before = performance.now()
      await expectTokens(await play().exchange(code))
      return performance.now() - before
    }
    expect(await timed('!slow')).toBeGreaterThan(slowMs - 20)
    expect(await timed('minji')).toBeLessThan(slowMs - 20)
  })
})

describe('the emulator', () => {
  test('alex has one address everywhere, minji another at each provider', async () => {
    const addresses = async (login_hint: string) => {
      const google = await dancer(emulator, 'google').profileFor({ login_hint })
      const kakao = await dancer(emulator, 'kakao').profileFor({ login_hint })
      return [google.email, kakao.kakao_account.email]
    }
    expect(new Set(await addresses('alex'))).toEqual(new Set(['alex@example.com']))
    expect(new Set(await addresses('minji')).size).toBe(2)
  })

  test('only loopback names are answered', async () => {
    const url = dancer(emulator, 'google').authorizeUrl()
    const { port } = new URL(emulator.origin)
    for (const host of ['evil.example', `evil.example:${port}`, `127.0.0.1.evil.example:${port}`]) {
      expect(await statusOf(url, { host })).toBe(403)
    }
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, 'LOCALHOST']) {
      expect(await statusOf(url, { host })).toBe(302)
    }
  })

  test('the app’s addresses stand beside its redirect URI, below its path', async () => {
    const app = 'http://localhost:3000/auth'
    const below = await startEmulator({
      providers: ['kakao'],
      redirectUris: (id) => `${app}/login/${id}/callback`,
    })
    const { END_SESSION_ENDPOINT, CLIENT_ID = '' } = below.settings.kakao ?? {}
    const end = (logout_redirect_uri: string) => {
      const query = new URLSearchParams({ client_id: CLIENT_ID, logout_redirect_uri })
      return fetch(`${END_SESSION_ENDPOINT}?${query}`, { redirect: 'manual' })
    }
    expect((await end(`${app}/logout/kakao/callback`)).status).toBe(302)
    expect((await end('http://localhost:3000/logout/kakao/callback')).status).toBe(400)
    await below.close()
  })

  test('its front page lists whom it plays, with the way to what they tell', async () => {
    const text = await (await fetch(emulator.origin)).text()
    expect(text).toContain('href="/kakao/emulator/events"')
    expect(text).toContain('<strong>LINE</strong></li>')
  })

  test('plays only whom it was asked to play', async () => {
    const alone = await startEmulator({ providers: ['github'], redirectUris: redirectUri })
    expect(Object.keys(alone.settings)).toEqual(['github'])
    expect((await fetch(`${alone.origin}/google/oauth2/v3/certs`)).status).toBe(404)
    expect((await fetch(`${alone.origin}/github/user`)).status).toBe(401)
    await alone.close()
    const unknown = startEmulator({ providers: ['nobody'], redirectUris: redirectUri })
    await expect(unknown).rejects.toThrow('nobody')
  })
})
