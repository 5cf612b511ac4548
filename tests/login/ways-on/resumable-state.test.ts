import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { createSealer } from '../../../src/core/secrets.ts'
import { createResumableStates } from '../../../src/login/ways-on/resumable-state.ts'
import { builtInProviders } from '../../../src/providers/index.ts'
import {
  APPS,
  authorizationQuery,
  CHALLENGE,
  NATIVE,
  OTHER,
  redeem,
  SPA,
} from '../../helpers/apps.ts'
import { Browser } from '../../helpers/browser.ts'
import { FakeProvider } from '../../helpers/fake-provider.ts'
import { followForms } from '../../helpers/forms.ts'
import { startLatchkey, startLogin, TEST_SECRET } from '../../helpers/latchkey.ts'
import { expectNoSecretLogged, expectProblem, expectTold } from '../../helpers/problems.ts'
import { setStageOfTwo } from '../../helpers/stage.ts'

/** A registered redirect URI that is as long as a request may send it. */
const LONG_URI = `https://app.example.com/${'l'.repeat(1400)}`
const twin = new FakeProvider()
/** `replica` is reached under the same name. */
const { provider, latchkey, replica } = setStageOfTwo({
  settings: { ...APPS, CLIENT_SPA_REDIRECT_URIS: `${SPA.redirect_uri},${LONG_URI}` },
  others: { twin },
})

const HTML = { headers: { accept: 'text/html' } }

/** The links of the page of a callback without its flow. */
async function linksAt(state: string, id = 'fake', at = latchkey) {
  const answer = await new Browser().send(
    `${at.url}/login/${id}/callback?code=x&state=${state}`,
    HTML,
  )
  expect(answer.status).toBe(400)
  return [...answer.text.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, href = '']) =>
    href.replaceAll('&amp;', '&').replaceAll('&#39;', "'"),
  )
}

const RETRY = `/login/fake?${new URLSearchParams({
  ...SPA,
  state: 'state-of-the-app',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
})}`

/** Whether two queries ask for the same, in whatever order. */
const parametersOf = (href = '') =>
  Object.fromEntries(new URL(href, 'http://here').searchParams) as Record<string, string>

describe('the memo in the state', () => {
  test('opens at another replica, where a login from it completes at the client', async () => {
    const { state } = await startLogin(latchkey, new Browser(), 'fake', authorizationQuery())
    const [retry = '', signIn = '', back = ''] = await linksAt(state, 'fake', replica)
    expect(parametersOf(retry)).toEqual(parametersOf(RETRY))
    expect([retry.split('?')[0], signIn.split('?')[0]]).toEqual(['/login/fake', '/login'])
    expect(parametersOf(back)).toMatchObject({ error: 'access_denied', iss: latchkey.url })
    const browser = new Browser()
    const again = await browser.send(replica.url + retry)
    provider.nonce = again.location?.searchParams.get('nonce') ?? ''
    const fresh = again.location?.searchParams.get('state') ?? ''
    expect(fresh.slice(0, 22)).not.toBe(state.slice(0, 22))
    const done = await browser.send(`${latchkey.url}/login/fake/callback?code=x&state=${fresh}`)
    expect(done.location?.searchParams.get('state')).toBe('state-of-the-app')
    expect((await redeem(latchkey, done.location?.searchParams.get('code') ?? '')).status).toBe(200)
  })

  test('of another provider is ignored', async () => {
    const { state } = await startLogin(latchkey, new Browser(), 'fake', authorizationQuery())
    expect(await linksAt(state, 'twin')).toEqual(['/login/twin', '/login'])
    expect(await linksAt(state, 'fake')).toHaveLength(3)
  })

  test('of another purpose or secret is ignored', async () => {
    const asked = { client_id: 'spa', redirect_uri: SPA.redirect_uri }
    const sealed = (secret: string, purpose: string) =>
      createResumableStates(createSealer([secret], purpose)).add('r'.repeat(22), 'fake', asked)
    for (const forged of [
      sealed(TEST_SECRET, 'flow cookies'),
      sealed('another secret with more than 32 characters', 'resumable states'),
    ]) {
      expect(await linksAt(forged)).toEqual(['/login/fake', '/login'])
    }
    expect(await linksAt(sealed(TEST_SECRET, 'resumable states'))).toHaveLength(3)
  })

  test('of a redirect URI that is registered no longer leads to the app’s front page', async () => {
    const resumable = createResumableStates(createSealer([TEST_SECRET], 'resumable states'))
    const gone = { client_id: 'spa', redirect_uri: 'https://gone.example.com/cb' }
    const links = await linksAt(resumable.add('r'.repeat(22), 'fake', gone))
    expect(links).toEqual(['https://app.example.com/'])
  })

  test('is text of base64url, holds what an app really sends, and above 480 only which app it was', async () => {
    const resumable = createResumableStates(createSealer([TEST_SECRET], 'resumable states'))
    const asked = {
      client_id: 'my-single-page-app',
      redirect_uri: 'https://accounts.my-company.example.com/signin/callback',
      state: 's'.repeat(43),
      nonce: 'n'.repeat(43),
      scope: 'openid profile email offline_access',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256' as const,
      response_mode: 'web_message' as const,
      ui_locales: 'ko-KR',
    }
    const state = resumable.add('r'.repeat(22), 'fake', asked)
    expect(state).toMatch(/^r{22}[A-Za-z0-9_-]+$/)
    expect(state.length).toBeLessThanOrEqual(480)
    expect(resumable.read(state, 'fake')).toEqual(asked)
    for (let length = 43; length < 200; length++) {
      const longer = resumable.add('r'.repeat(22), 'fake', { ...asked, state: 's'.repeat(length) })
      expect(longer.length).toBeLessThanOrEqual(480)
      expect(resumable.read(longer, 'fake')).toEqual(
        longer.length < state.length
          ? { client_id: asked.client_id }
          : { ...asked, state: 's'.repeat(length) },
      )
    }
  })

  test('holds nothing of a request without a redirect URI', async () => {
    const { state } = await startLogin(latchkey, new Browser(), 'fake', '?state=a&scope=openid')
    expect(state).toHaveLength(22)
    expect(await linksAt(state)).toEqual(['/login/fake', '/login'])
  })

  test('never stands in the log', async () => {
    const { state } = await startLogin(latchkey, new Browser(), 'fake', authorizationQuery())
    await linksAt(state)
    expect(latchkey.logs.join('')).toContain('"reason":"cookies_missing"')
    expectNoSecretLogged(latchkey, { memo: state.slice(22), random: state.slice(0, 22) })
  })

  test('leaves spaces in the provider’s URL as %20', async () => {
    const { authorization } = await startLogin(
      latchkey,
      new Browser(),
      'fake',
      authorizationQuery(),
    )
    expect(authorization.search).toContain('scope=openid%20')
    expect(authorization.search).not.toContain('+')
  })

  test('changed in one character is a flow that this browser did not start; unchanged it is', async () => {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser, 'fake', authorizationQuery())
    provider.nonce = started.nonce ?? ''
    const { state } = started
    for (const forged of [state.slice(0, 22), state.slice(0, -1), `${state}A`]) {
      expectProblem(await browser.send(started.callback({ state: forged })), 400, 'invalid_state')
    }
    expect((await browser.send(started.callback())).status).toBe(303)
  })
})

describe('the flow cookie', () => {
  const sizeOf = (cookies: readonly string[]) => cookies.map((cookie) => Buffer.byteLength(cookie))

  test('stays below what a browser keeps with the longest parameters, and completes', async () => {
    const browser = new Browser()
    const long = { state: 's'.repeat(2048), login_hint: 'h'.repeat(255) }
    const far = { redirect_uri: LONG_URI, state: 's'.repeat(700), nonce: 'n'.repeat(255) }
    const some = {
      state: 's'.repeat(600),
      nonce: 'n'.repeat(1024),
      scope: `openid ${'x '.repeat(508)}`,
    }
    for (const parameters of [long, far, { ...some, scope: 'openid' }, { ...some, nonce: 'n' }]) {
      const query = authorizationQuery(parameters)
      const started = await startLogin(latchkey, browser, 'fake', query)
      const [size = 0] = sizeOf(started.start.headers.getSetCookie())
      expect(size).toBeLessThan(4150)
      provider.nonce = started.nonce ?? ''
      const done = await browser.send(started.callback())
      expect(done.location?.searchParams.get('state')).toBe(parameters.state)
      expect(done.location?.searchParams.has('code')).toBe(true)
    }
  })

  test('that would be larger is refused with the reason; a browser would drop it in silence', async () => {
    const start = (state: string) =>
      new Browser().send(`${latchkey.url}/login/fake${authorizationQuery({ state })}`)
    const state = '가'.repeat(1200)
    const told = expectTold(await start(state), 'invalid_request', { iss: latchkey.url, state })
    expect(told).toContain('too long together')
    // Control: a shorter one, and what JSON would write with many more characters.
    for (const fits of ['가'.repeat(512), '\u0001'.repeat(512)]) {
      expect((await start(fits)).status).toBe(302)
    }
  })

  test('is cleared for later ones before all together are too much for a request', async () => {
    const browser = new Browser()
    const query = authorizationQuery({ state: 's'.repeat(1300) })
    for (let count = 0; count < 5; count++) await startLogin(latchkey, browser, 'fake', query)
    const kept = [...browser.jar()].map(([name, { value }]) => name.length + value.length)
    expect(kept.length).toBeGreaterThanOrEqual(2)
    expect(kept.reduce((sum, one) => sum + one, 0)).toBeLessThan(6_200)
    // Control: five small ones all stay.
    const small = new Browser()
    for (let count = 0; count < 5; count++) await startLogin(latchkey, small)
    expect(small.jar().size).toBe(5)
  })
})

describe('the provider used last', () => {
  const COOKIE = 'latchkey-provider'

  test.each(['query', 'cookie', 'web_message'])(
    'is remembered after a sign-in with response_mode %s',
    async (mode) => {
      const browser = new Browser()
      const query = authorizationQuery({ response_mode: mode })
      const started = await startLogin(latchkey, browser, 'twin', query)
      twin.nonce = started.nonce ?? ''
      const answer = await browser.send(started.callback(), HTML)
      expect([200, 303]).toContain(answer.status)
      const { value, attributes = [] } = browser.jar().get(COOKIE) ?? {}
      expect(value).toBe('twin')
      expect(attributes).toEqual(
        expect.arrayContaining(['Max-Age=34560000', 'Path=/', 'HttpOnly', 'SameSite=Lax']),
      )
    },
  )

  test('is not remembered after a failure, where the one before stays', async () => {
    const browser = new Browser()
    browser.jar().set(COOKIE, { value: 'fake', path: '/', attributes: [] })
    for (const query of ['', authorizationQuery()]) {
      const started = await startLogin(latchkey, browser, 'twin', query)
      await browser.send(started.callback({ code: null, error: 'access_denied' }), HTML)
      expect(browser.jar().get(COOKIE)?.value).toBe('fake')
    }
  })
})

test('a page for several apps names none of them where nothing is known of the login', async () => {
  expect(await linksAt('unknown')).toEqual(['/login/fake', '/login'])
  const query = authorizationQuery({ ...OTHER })
  const { state } = await startLogin(latchkey, new Browser(), 'fake', query)
  const [, , back] = await linksAt(state)
  expect(back).toContain(OTHER.redirect_uri)
})

test('every provider, as the emulator plays it, carries a state of nearly 480 characters', async () => {
  const app = createServer((request, response) => response.end(request.url))
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
  const emulated = await startLatchkey({ ...APPS, EMULATE: 'all' })
  try {
    const redirectUri = `http://127.0.0.1:${(app.address() as AddressInfo).port}/cb`
    const query = authorizationQuery({
      ...{ ...NATIVE, redirect_uri: redirectUri },
      ...{ state: 's'.repeat(208), login_hint: 'minji' },
    })
    for (const { id } of builtInProviders) {
      const { state } = await startLogin(emulated, new Browser(), id, query)
      expect(state.length, id).toBeGreaterThan(460)
      const url = `${emulated.url}/login/${id}${query}`
      const { text } = await followForms(new Browser(), url)
      const { searchParams } = new URL(text, redirectUri)
      expect([id, searchParams.get('state')]).toEqual([id, 's'.repeat(208)])
      expect(searchParams.get('code'), id).toMatch(/^[\w-]{43}\.[\w-]{43}$/)
    }
  } finally {
    await emulated.close()
    app.close()
  }
})
