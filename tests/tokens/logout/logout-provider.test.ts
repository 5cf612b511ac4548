import { beforeEach, describe, expect, test } from 'vitest'
import { APPS, authorize, meStatus, readTokens, redeem } from '../../helpers/apps.ts'
import { Browser } from '../../helpers/browser.ts'
import { cookieLogin } from '../../helpers/cookie-login.ts'
import { FakeProvider } from '../../helpers/fake-provider.ts'
import { expectProblem } from '../../helpers/problems.ts'
import { setStage } from '../../helpers/stage.ts'

/** One that has no logout of its own. */
const plain = new FakeProvider()
const { provider, latchkey } = setStage({
  prepare: offerLogout,
  others: { plain },
  settings: ({ issuer }) => ({
    ...APPS,
    OIDC_PROVIDERS: 'fake,plain,gone',
    GONE_ISSUER: 'http://127.0.0.1:1',
    GONE_CLIENT_ID: 'client-at-gone',
    GONE_CLIENT_SECRET: 'secret-at-gone',
    KAKAO_CLIENT_ID: 'kakao-rest-key',
    KAKAO_CLIENT_SECRET: 'kakao-secret',
    KAKAO_END_SESSION_ENDPOINT: `${issuer}/oauth/logout`,
  }),
})

const BYE = 'https://app.example.com/bye'

beforeEach(() => offerLogout(provider))

function offerLogout(provider: FakeProvider) {
  provider.discovery = (document) => ({
    ...document,
    end_session_endpoint: `${provider.issuer}/end?tenant=1`,
  })
}

const go = (path: string, query: Record<string, string> = {}, browser = new Browser()) =>
  browser.send(`${latchkey.url}${path}?${new URLSearchParams(query)}`)
const login = async (browser = new Browser()) => {
  const answer = await authorize(latchkey, provider, { scope: 'openid' }, browser)
  return readTokens(await redeem(latchkey, answer.location?.searchParams.get('code') ?? ''))
}

describe('/logout/:provider', () => {
  test('of a provider that cannot be reached ends the session here and comes straight back', async () => {
    const browser = new Browser()
    const { id_token, access_token } = await login(browser)
    const asked = { id_token_hint: id_token, post_logout_redirect_uri: BYE }
    const back = await go('/logout/gone', asked, browser)
    expect(back.status).toBe(303)
    expect(back.location?.href).toBe(BYE)
    expect(await meStatus(latchkey, access_token)).toBe(401)
    expect(latchkey.logs.join('')).toContain('"step":"discovery"')
  })

  test('ends the session, goes on to the provider’s logout, and comes back to the client', async () => {
    const browser = new Browser()
    const { id_token, access_token } = await login(browser)
    const state = 'state of the app &#'
    const asked = { id_token_hint: id_token, post_logout_redirect_uri: BYE, state }
    const away = await go('/logout/fake', asked, browser)
    expect(away.status).toBe(303)
    expect(await meStatus(latchkey, access_token)).toBe(401)
    expect(away.location?.href.startsWith(`${provider.issuer}/end?tenant=1&`)).toBe(true)
    const { state: sealed = '', ...sent } = Object.fromEntries(away.location?.searchParams ?? [])
    expect(sent).toEqual({
      tenant: '1',
      client_id: provider.clientId,
      post_logout_redirect_uri: `${latchkey.url}/logout/fake/callback`,
    })
    // Sealed: the provider learns neither the app's state nor where it is.
    expect(sealed).not.toMatch(/app\.example|state of/)
    expect(Buffer.from(sealed.split('.')[1] ?? '', 'base64url').toString()).not.toContain('app')
    const url = `${latchkey.url}/logout/fake/callback?state=${encodeURIComponent(sealed)}`
    const ahead = await browser.send(url, { headers: { 'sec-purpose': 'prefetch' } })
    expectProblem(ahead, 503, 'temporarily_unavailable')
    expect(ahead.location).toBeNull()
    const back = await go('/logout/fake/callback', { state: sealed })
    expect([back.status, back.location?.origin]).toEqual([303, 'https://app.example.com'])
    expect(back.location?.searchParams.get('state')).toBe(state)
  })

  test('with the hint of a session that another browser opened ends it, and leaves the person at the provider', async () => {
    const mine = new Browser()
    const [here, there] = [await login(mine), await login()]
    const away = { id_token_hint: there.id_token, post_logout_redirect_uri: BYE }
    const answer = await go('/logout/fake', away, mine)
    expect([answer.status, answer.location?.href]).toEqual([303, BYE])
    expect(await meStatus(latchkey, there.access_token)).toBe(401)
    expect(await meStatus(latchkey, here.access_token)).toBe(200)
    const own = { id_token_hint: here.id_token, post_logout_redirect_uri: BYE }
    expect((await go('/logout/fake', own, mine)).location?.href).toMatch(/\/end\?/)
    // It is marked no more, and neither by what somebody else made of the cookie.
    expect((await go('/logout/fake', own, mine)).location?.href).toBe(BYE)
    const other = new Browser()
    const third = await login(other)
    const mark = other.jar().get('latchkey-opened')?.value ?? ''
    expect(mark).not.toBe('')
    const forgery = { value: `${mark.slice(0, -2)}AA`, path: '/', attributes: [] }
    other.jar().set('latchkey-opened', forgery)
    const forged = { id_token_hint: third.id_token, post_logout_redirect_uri: BYE }
    expect((await go('/logout/fake', forged, other)).location?.href).toBe(BYE)
  })

  test('knows the ten sessions that the browser opened last, in a cookie that grows no further', async () => {
    const browser = new Browser()
    const sizes: number[] = []
    const hints: string[] = []
    for (let turn = 0; turn < 12; turn++) {
      hints.push((await login(browser)).id_token)
      sizes.push(browser.jar().get('latchkey-opened')?.value.length ?? 0)
    }
    expect(sizes[10]).toBe(sizes[9])
    expect(sizes[9]).toBeGreaterThan(sizes[8] ?? 0)
    const leadsTo = async (hint = '') =>
      (await go('/logout/fake', { id_token_hint: hint, post_logout_redirect_uri: BYE }, browser))
        .location?.href
    expect(await leadsTo(hints[2])).toMatch(/\/end\?/)
    expect(await leadsTo(hints[1])).toBe(BYE)
  })

  test('while its cookies hold another user’s session a hint leads no further than back', async () => {
    provider.subject = 'somebody-else'
    provider.person = { name: 'Somebody Else' }
    const theirs = await login()
    provider.subject = 'person-of-the-cookies'
    provider.person = { name: 'Person' }
    const browser = await cookieLogin(latchkey, provider)
    const asked = { id_token_hint: theirs.id_token, post_logout_redirect_uri: BYE }
    expect((await go('/logout/fake', asked, browser)).location?.href).toBe(BYE)
    expect((await browser.send(`${latchkey.url}/me`)).status).toBe(200)
    const mine = await go('/logout/fake', { post_logout_redirect_uri: BYE }, browser)
    expect(mine.location?.href).toMatch(/\/end\?/)
    expect((await browser.send(`${latchkey.url}/me`)).status).toBe(401)
  })

  test('comes back with the longest state and address that are accepted', async () => {
    const state = '한'.repeat(512)
    const query = { client_id: 'spa', post_logout_redirect_uri: BYE, state }
    const away = await go('/logout/fake', query)
    const sealed = away.location?.searchParams.get('state') ?? ''
    const back = await go('/logout/fake/callback', { state: sealed })
    expect(back.location?.searchParams.get('state')).toBe(state)
  })

  test('Kakao’s parameter is logout_redirect_uri', async () => {
    const away = await go('/logout/kakao', { post_logout_redirect_uri: BYE })
    const { state, ...sent } = Object.fromEntries(away.location?.searchParams ?? [])
    expect(away.location?.href.startsWith(`${provider.issuer}/oauth/logout?`)).toBe(true)
    expect(sent).toEqual({
      client_id: 'kakao-rest-key',
      logout_redirect_uri: `${latchkey.url}/logout/kakao/callback`,
    })
    expect((await go('/logout/kakao/callback', { state: state ?? '' })).location?.href).toBe(BYE)
  })

  test('a provider without a logout: straight back', async () => {
    expect((await go('/logout/plain', { post_logout_redirect_uri: BYE })).location?.href).toBe(BYE)
    expect((await go('/logout/plain')).json()).toEqual({ status: 'signed_out' })
  })

  test('a provider that is not enabled: 404, and nobody is signed out', async () => {
    const { id_token, access_token } = await login()
    for (const id of ['nope', '__proto__', 'constructor', 'google']) {
      const answer = await go(`/logout/${id}`, { id_token_hint: id_token })
      expectProblem(answer, 404, 'unknown_provider')
      expect(await meStatus(latchkey, access_token)).toBe(200)
    }
    await go('/logout/fake', { id_token_hint: id_token })
    expect(await meStatus(latchkey, access_token)).toBe(401)
  })

  test('a way back that is not registered: 400 before anything', async () => {
    const { id_token, access_token } = await login()
    const query = { id_token_hint: id_token, post_logout_redirect_uri: 'https://evil.example/' }
    expectProblem(await go('/logout/fake', query), 400, 'invalid_request')
    expect(await meStatus(latchkey, access_token)).toBe(200)
  })
})

test('a state at /logout/:provider/callback that is not ours, or of another provider, leads nowhere', async () => {
  const away = await go('/logout/fake', { post_logout_redirect_uri: BYE })
  const sealed = away.location?.searchParams.get('state') ?? ''
  const flipped = `${sealed.slice(0, -1)}${sealed.endsWith('A') ? 'B' : 'A'}`
  const evil = Buffer.from('"https://evil.example/"').toString('base64url')
  for (const state of ['', 'x', 'https://evil.example/', evil, flipped, `${sealed}x`]) {
    const answer = await go('/logout/fake/callback', { state })
    expect([answer.status, answer.location]).toEqual([200, null])
  }
  expect((await go('/logout/kakao/callback', { state: sealed })).location).toBeNull()
  expect((await go('/logout/fake/callback', { state: sealed })).location?.href).toBe(BYE)
})
