import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Emulator, emulatedProviders, startEmulator } from '../../src/emulator/index.ts'
import {
  challenge,
  dancer,
  expectRefusal,
  expectTokens,
  json,
  redirectUri,
  statusOf,
  verifier,
} from './dance.ts'
import { words } from './words.ts'

const start = () => startEmulator({ providers: [...emulatedProviders], redirectUris: redirectUri })
let emulator: Emulator
beforeAll(async () => {
  emulator = await start()
})
afterEach(() => vi.useRealTimers())
afterAll(() => emulator.close())

test('every emulated provider is tested here', () => {
  expect(Object.keys(words)).toEqual(emulatedProviders)
})

describe.each(Object.entries(words))('%s', (provider, said) => {
  const play = () => dancer(emulator, provider)

  test('a persona signs in by raw HTTP, the same one each time', async () => {
    const answer = await play().authorize({ state: 'a b/+&=~' })
    expect(answer.status).toBe(302)
    expect(answer.headers.get('location')).toContain(`${redirectUri(provider)}?code=`)
    const subject = said.subject(await play().profileFor())
    expect(String(subject)).toMatch(/^\d{8,21}$/)
    expect(said.subject(await play().profileFor())).toBe(subject)
    expect(said.subject(await play().profileFor({ login_hint: 'alex' }))).not.toBe(subject)
    const other = await start()
    expect(said.subject(await dancer(other, provider).profileFor())).toBe(subject)
    await other.close()
  })

  test('state comes back byte for byte, and only where it was sent', async () => {
    const url = play().authorizeUrl({ state: undefined })
    const echoed = async (state: string) =>
      (await fetch(`${url}${state}`, { redirect: 'manual' })).headers.get('location')
    expect(await echoed('&state=a%20b+c%2f%2F~%FF')).toContain('&state=a%20b+c%2f%2F~%FF')
    expect(await echoed('')).not.toContain('state=')
  })

  test('the page shows people and failures; its first form signs in as the first', async () => {
    const page = await play().authorize({ login_hint: 'nobody', state: '"><script>&' })
    const policy = page.headers.get('content-security-policy')
    expect(policy).toMatch(/^default-src 'none'; style-src 'nonce-/)
    const text = await page.text()
    expect(text).toContain('<h1>Emulated')
    expect(text).not.toMatch(/<script|<b>/)
    for (const pick of ['minji', 'alex', 'sora', 'yuki', 'robin', 'odd', '!denied', '!html']) {
      expect(text).toContain(`name="login_hint" value="${pick}"`)
    }
    const form = /<form method="get" action="([^"]*)">(.*?)<\/form>/.exec(text)
    const fields = new URLSearchParams()
    for (const [, name, value] of (form?.[2] ?? '').matchAll(/name="([^"]*)" value="([^"]*)"/g)) {
      fields.append(unescaped(name), unescaped(value))
    }
    const action = `${emulator.origin}${form?.[1]}?${fields}`
    const signedIn = await fetch(action, { redirect: 'manual' })
    const location = new URL(signedIn.headers.get('location') ?? '')
    expect(location.searchParams.get('state')).toBe('"><script>&')
    const tokens = await json(await play().exchange(location.searchParams.get('code') ?? ''))
    const profile = await json(await play().get('USERINFO_ENDPOINT', tokens.access_token))
    expect(said.subject(profile)).toBe(said.subject(await play().profileFor()))
  })

  test('an unregistered redirect URI gets a page, never a redirect', async () => {
    const uris = [`${redirectUri(provider)}/`, `${redirectUri(provider)}?x=1`, undefined]
    for (const redirect_uri of [...uris, 'http://evil.example/', 'http://LOCALHOST:3000/']) {
      const refused = await play().authorize({ redirect_uri })
      expect(refused.status).toBe(400)
      expect(refused.headers.get('location')).toBeNull()
      expect(await refused.text()).toContain(said.unregistered)
    }
    expect((await play().authorize()).status).toBe(302)
  })

  test('a wrong client, a repeated parameter and another method are refused', async () => {
    expect((await play().authorize({ client_id: 'x' })).status).toBeGreaterThanOrEqual(400)
    expect((await fetch(`${play().authorizeUrl()}&state=2`)).status).toBe(400)
    const posted = await fetch(play().authorizeUrl(), { method: 'POST', redirect: 'manual' })
    expect(posted.status).toBe(405)
  })

  test('a PKCE method other than S256 is refused', async () => {
    for (const code_challenge_method of ['plain', undefined]) {
      expect((await play().authorize({ code_challenge_method })).status).toBe(400)
    }
    expect((await play().authorize({ code_challenge: 'short' })).status).toBe(400)
  })

  test('the token endpoint wants POST with a form', async () => {
    const code = await play().codeFor()
    const endpoint = play().setting('TOKEN_ENDPOINT')
    expect((await fetch(endpoint)).status).toBe(405)
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    const body = JSON.stringify({ code, client_id: play().id, client_secret: play().secret })
    const refused = await play().exchange(code, {}, { headers, body })
    expect(refused.status).toBe(415)
    await expectTokens(await play().exchange(code))
  })

  test('a wrong secret, client, redirect URI or code is refused in its own words', async () => {
    const code = await play().codeFor()
    await expectRefusal(await play().exchange(code, { client_secret: 'x' }), said.badSecret)
    await expectRefusal(await play().exchange(code, { client_secret: undefined }), said.badSecret)
    await expectRefusal(await play().exchange(code, { client_id: 'x' }), said.badClient)
    await expectRefusal(await play().exchange(code, { redirect_uri: 'x' }), said.badRedirect)
    await expectRefusal(await play().exchange('nope'), said.badCode)
    const grantType = await play().exchange(code, { grant_type: 'password' })
    expect((await json(grantType)).error).toBe('unsupported_grant_type')
    await expectTokens(await play().exchange(code))
  })

  test('a verifier has to match the challenge, and neither comes without the other', async () => {
    const code = await play().codeFor()
    const other = `${verifier.slice(0, -1)}j`
    await expectRefusal(await play().exchange(code, { code_verifier: other }), said.badVerifier)
    await expectRefusal(await play().exchange(code, { code_verifier: undefined }), said.badVerifier)
    await expectTokens(await play().exchange(code))
    const plain = { code_challenge: undefined, code_challenge_method: undefined }
    const bare = await play().codeFor(plain)
    await expectRefusal(await play().exchange(bare), said.badVerifier)
    await expectTokens(await play().exchange(bare, { code_verifier: undefined }))
    expect(challenge).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
  })

  test('a code works once, also when it is used twice at once', async () => {
    const code = await play().codeFor()
    const both = await Promise.all([play().exchange(code), play().exchange(code)])
    const bodies = await Promise.all(both.map(json))
    expect(bodies.filter((body) => body.access_token)).toHaveLength(1)
    await expectRefusal(await play().exchange(code), said.badCode)
  })

  test('codes live ten minutes, access tokens as long as they say', async () => {
    const code = await play().codeFor()
    const late = await play().codeFor()
    const tokens = await json(await play().exchange(code))
    const status = async () => (await play().get('USERINFO_ENDPOINT', tokens.access_token)).status
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 599_000 })
    await expectTokens(await play().exchange(await play().codeFor()))
    expect(await status()).toBe(200)
    vi.setSystemTime(Date.now() + 2_000)
    await expectRefusal(await play().exchange(late), said.badCode)
    vi.setSystemTime(Date.now() + (tokens.expires_in ?? 1e9) * 1000)
    expect(await status()).toBe('expires_in' in tokens ? 401 : 200)
  })

  test('a token from nowhere, of another provider, or none at all is refused', async () => {
    const other = emulatedProviders.find((id) => id !== provider) ?? ''
    const foreign = (await dancer(emulator, other).tokensFor()).access_token ?? ''
    for (const token of ['nope', foreign, '']) {
      const refused = await play().get('USERINFO_ENDPOINT', token)
      await expectRefusal(refused, [401, said.unknownToken])
    }
    const own = (await play().tokensFor()).access_token ?? ''
    expect((await play().get('USERINFO_ENDPOINT', own)).status).toBe(200)
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

function unescaped(text = ''): string {
  return text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
}
