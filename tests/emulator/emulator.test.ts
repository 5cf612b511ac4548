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

const start = () => startEmulator({ providers: [...emulatedProviders], redirectUris: redirectUri })
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

  test('a persona signs in by raw HTTP, the same one each time', async () => {
    const answer = await play().authorize({ state: 'a b/+&=~' })
    expect((await callbackOf(answer)).href).toContain(`${redirectUri(provider)}?code=`)
    const subject = said.subject(await play().profileFor())
    expect(String(subject)).toMatch(said.subjectForm ?? /^\d{8,21}$/)
    expect(said.subject(await play().profileFor())).toBe(subject)
    expect(said.subject(await play().profileFor({ login_hint: 'alex' }))).not.toBe(subject)
    const other = await start()
    expect(said.subject(await dancer(other, provider).profileFor())).toBe(subject)
    await other.close()
  })

  test('state comes back byte for byte, and only where it was sent', async () => {
    const url = play().authorizeUrl({
      state: undefined,
      response_mode: undefined,
      scope: said.scopeOfQuery ?? said.scope,
    })
    const echoed = async (state: string) =>
      (await fetch(`${url}${state}`, { redirect: 'manual' })).headers.get('location')
    expect(await echoed('&state=a%20b+c%2f%2F~%FF')).toContain('&state=a%20b+c%2f%2F~%FF')
    if (said.needsState) expect((await fetch(url)).status).toBe(400)
    else expect(await echoed('')).not.toContain('state=')
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
    const action = `${emulator.origin}${form?.[1]}?${fieldsOf(form?.[2])}`
    const { searchParams } = await callbackOf(await fetch(action, { redirect: 'manual' }))
    const state = '"><script>&'
    expect(searchParams.get('state')).toBe(state)
    const tokens = await json(await play().exchange(searchParams.get('code') ?? '', { state }))
    const profile = said.withoutProfile
      ? decodeJwt(tokens.id_token)
      : await json(await play().get('USERINFO_ENDPOINT', tokens.access_token))
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
    expect((await callbackOf(await play().authorize())).searchParams.has('code')).toBe(true)
  })

  test('a wrong client, a repeated parameter and another method are refused', async () => {
    expect((await play().authorize({ client_id: 'x' })).status).toBeGreaterThanOrEqual(400)
    expect((await fetch(`${play().authorizeUrl()}&state=2`)).status).toBe(400)
    const posted = await fetch(play().authorizeUrl(), { method: 'POST', redirect: 'manual' })
    expect(posted.status).toBe(405)
  })

  const pkce = said.pkce ?? 'checked'
  const checksPkce = pkce === 'checked' || pkce === 'required'

  if (checksPkce) {
    test('a PKCE method other than S256 is refused', async () => {
      for (const code_challenge_method of ['plain', undefined]) {
        expect((await play().authorize({ code_challenge_method })).status).toBe(400)
      }
      expect((await play().authorize({ code_challenge: 'short' })).status).toBe(400)
    })
  }

  test('the token endpoint wants POST with a form', async () => {
    const code = await play().codeFor()
    const endpoint = play().setting('TOKEN_ENDPOINT')
    expect((await fetch(endpoint)).status).toBe(said.getStatus ?? 405)
    const headers = { 'content-type': 'application/json', accept: 'application/json' }
    const body = JSON.stringify({ code, client_id: play().id, client_secret: play().secret })
    const refused = await play().exchange(code, {}, { headers, body })
    expect(refused.status).toBe(said.jsonStatus ?? 415)
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
    await expectRefusal(grantType, said.badGrantType ?? [400, { error: 'unsupported_grant_type' }])
    await expectTokens(await play().exchange(code))
  })

  const plain = { code_challenge: undefined, code_challenge_method: undefined }

  if (checksPkce) {
    test('a verifier has to match the challenge', async () => {
      const code = await play().codeFor()
      const other = `${verifier.slice(0, -1)}j`
      const refused = said.badVerifier ?? [400, {}]
      await expectRefusal(await play().exchange(code, { code_verifier: other }), refused)
      await expectRefusal(await play().exchange(code, { code_verifier: undefined }), refused)
      await expectTokens(await play().exchange(code))
      expect(challenge).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
    })
  }

  if (pkce === 'checked') {
    test('a verifier without a challenge is refused', async () => {
      const bare = await play().codeFor(plain)
      await expectRefusal(await play().exchange(bare), said.badVerifier ?? [400, {}])
      await expectTokens(await play().exchange(bare, { code_verifier: undefined }))
    })
  }

  if (pkce === 'required') {
    test('a request without a challenge is refused', async () => {
      expect((await play().authorize(plain)).status).toBe(400)
      expect((await play().authorize()).status).toBe(302)
    })
  }

  if (pkce === 'ignored') {
    test('PKCE is looked at nowhere', async () => {
      const code = await play().codeFor({ code_challenge: 'x', code_challenge_method: 'plain' })
      await expectTokens(await play().exchange(code, { code_verifier: 'y' }))
    })
  }

  test('a code works once, also when it is used twice at once', async () => {
    const code = await play().codeFor()
    const both = await Promise.all([play().exchange(code), play().exchange(code)])
    const bodies = await Promise.all(both.map(json))
    expect(bodies.filter((body) => body.access_token)).toHaveLength(1)
    await expectRefusal(await play().exchange(code), said.badCode)
  })

  test('codes and access tokens live as long as they should', async () => {
    const codeMs = (said.codeSeconds ?? 600) * 1000
    const code = await play().codeFor()
    const late = await play().codeFor()
    const tokens = await json(await play().exchange(code))
    const expectStatus = async (status: number) => {
      if (said.withoutProfile) return
      expect((await play().get('USERINFO_ENDPOINT', tokens.access_token)).status).toBe(status)
    }
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + codeMs - 1000 })
    await expectTokens(await play().exchange(await play().codeFor()))
    await expectStatus(200)
    vi.setSystemTime(Date.now() + 2_000)
    await expectRefusal(await play().exchange(late), said.badCode)
    vi.setSystemTime(Date.now() + (tokens.expires_in ?? 1e9) * 1000)
    await expectStatus('expires_in' in tokens ? (said.unknownTokenStatus ?? 401) : 200)
  })

  if (!said.withoutProfile)
    test('a token from nowhere, of another provider, or none at all is refused', async () => {
      const other = emulatedProviders.find((id) => id !== provider) ?? ''
      const foreign = (await dancer(emulator, other).tokensFor()).access_token ?? ''
      for (const token of ['nope', foreign, '']) {
        const refused = await play().get('USERINFO_ENDPOINT', token)
        await expectRefusal(refused, [said.unknownTokenStatus ?? 401, said.unknownToken])
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
