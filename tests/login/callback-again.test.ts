import { describe, expect, test } from 'vitest'
import { age } from '../helpers/age.ts'
import { APPS, authorizationQuery, type Parameters, redeem } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { cookieNamesOf, cookieOf } from '../helpers/cookie-login.ts'
import { countRows, startLogin } from '../helpers/latchkey.ts'
import { expectNoSecretLogged, expectProblem, lastProblem } from '../helpers/problems.ts'
import { setStageOfTwo } from '../helpers/stage.ts'

// A mail client, a bridge, a reload, Back: the same callback comes more than once.
const { provider, latchkey, replica } = setStageOfTwo({ settings: APPS })

const cookieMode: Parameters = { response_mode: 'cookie', code_challenge: null }

/** A login that stands before its callback. */
async function begin(parameters: Parameters = {}, browser = new Browser()) {
  const started = await startLogin(latchkey, browser, 'fake', authorizationQuery(parameters))
  provider.nonce = started.nonce ?? ''
  const callback = (query: Record<string, string | null> = {}) =>
    browser.send(started.callback(query))
  const atReplica = (query: Record<string, string | null> = {}) =>
    browser.send(started.callback(query).replace(latchkey.url, replica.url))
  return { browser, started, callback, atReplica }
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe('a callback that the same browser brings again', () => {
  test('gets the same redirect at any replica, the code works, and nothing is done twice', async () => {
    const { callback, atReplica } = await begin()
    const before = await countRows(latchkey)
    const first = await callback()
    expect([first.status, first.location?.searchParams.has('code')]).toEqual([303, true])
    for (const again of [await callback(), await atReplica()]) {
      expect([again.status, again.location?.href]).toEqual([303, first.location?.href])
    }
    expect([provider.count('token'), provider.count('userinfo')]).toEqual([1, 1])
    const after = await countRows(latchkey)
    expect(after.sessions).toBe((before.sessions ?? 0) + 1)
    const code = first.location?.searchParams.get('code') ?? ''
    expect((await redeem(latchkey, code)).status).toBe(200)
    // Reloaded after the app has its tokens.
    expect((await atReplica()).location?.href).toBe(first.location?.href)
    expectNoSecretLogged(latchkey, { code })
  })

  test('ten at once, over two replicas, are one login with one answer', async () => {
    const { callback, atReplica } = await begin()
    provider.answers.token = async (_call, response) => {
      await wait(400)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(await provider.correct('token')))
    }
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? callback() : atReplica())),
    )
    expect(new Set(answers.map(({ location }) => location?.href)).size).toBe(1)
    expect(answers[0]?.location?.searchParams.has('code')).toBe(true)
    expect(provider.count('token')).toBe(1)
  })

  test('with another code for the same state: that one is not exchanged', async () => {
    const { callback, atReplica } = await begin()
    const first = await callback({ code: 'code-one' })
    for (const again of [await callback({ code: 'code-two' }), await atReplica({ code: 'x' })]) {
      expect(again.location?.href).toBe(first.location?.href)
    }
    const exchanged = provider.calls.filter(({ step }) => step === 'token')
    expect(exchanged.map(({ form }) => form.code)).toEqual(['code-one'])
  })

  test('after a failure repeats its error, although the provider would say yes by now', async () => {
    const { callback, atReplica } = await begin()
    const first = await callback({ code: null, error: 'access_denied' })
    expect(first.location?.searchParams.get('error')).toBe('access_denied')
    for (const again of [await callback(), await atReplica()]) {
      expect(again.location?.href).toBe(first.location?.href)
    }
    expect(provider.count('token')).toBe(0)
  })

  test('in cookie mode gets the cookies of the same session, and keeps those that it renewed', async () => {
    const { browser, callback, atReplica } = await begin(cookieMode)
    const first = await callback()
    expect(cookieNamesOf(browser)).toEqual(['latchkey-access', 'latchkey-refresh'])
    const before = cookieOf(browser, 'refresh')
    for (const name of ['latchkey-access', 'latchkey-refresh']) browser.jar().delete(name)
    const again = await atReplica()
    expect(again.location?.href).toBe(first.location?.href)
    expect(cookieOf(browser, 'refresh')).toBe(before)
    expect((await browser.send(`${latchkey.url}/me`)).status).toBe(200)
    const renewed = await browser.send(`${latchkey.url}/token`, {
      method: 'POST',
      headers: { origin: 'https://app.example.com' },
      body: new URLSearchParams({ grant_type: 'refresh_token' }),
    })
    expect(renewed.status).toBe(200)
    const since = cookieOf(browser, 'refresh')
    expect(since).not.toBe(before)
    expect((await callback()).status).toBe(303)
    expect(cookieOf(browser, 'refresh')).toBe(since)
    expect((await browser.send(`${latchkey.url}/me`)).status).toBe(200)
  })

  test('in cookie mode, after the session has ended, opens nothing', async () => {
    const { browser, callback } = await begin(cookieMode)
    await callback()
    await browser.send(`${latchkey.url}/logout`, {
      method: 'POST',
      headers: { origin: 'https://app.example.com' },
    })
    expect(cookieNamesOf(browser)).toEqual([])
    expectProblem(await callback(), 400, 'invalid_state')
    expect(cookieNamesOf(browser)).toEqual([])
  })

  test.each(['form_post', 'web_message'])('by %s gets the same page', async (response_mode) => {
    const { callback, atReplica } = await begin({ response_mode })
    const first = await callback()
    expect(first.status).toBe(200)
    const codeOf = (text: string) => /[\w-]{43}\.[\w-]{43}/.exec(text)?.[0]
    expect(codeOf(first.text)).toBeDefined()
    for (const again of [await callback(), await atReplica()]) {
      expect([again.status, codeOf(again.text)]).toEqual([200, codeOf(first.text)])
    }
    expect(provider.count('token')).toBe(1)
  })

  test('in cookie mode, once somebody else has signed in since, leaves their cookies alone', async () => {
    const { browser, callback } = await begin(cookieMode)
    await callback()
    provider.subject = 'somebody-else'
    const since = await begin(cookieMode, browser)
    expect((await since.callback()).status).toBe(303)
    const theirs = cookieOf(browser, 'access')
    // Within its minute; its session ended when the cookies were overwritten.
    expectProblem(await callback(), 400, 'invalid_state')
    expect(cookieOf(browser, 'access')).toBe(theirs)
    expect((await browser.send(`${latchkey.url}/me`)).status).toBe(200)
    expect((await since.callback()).status).toBe(303)
    expect(cookieOf(browser, 'access')).toBe(theirs)
    provider.subject = 'person-1'
  })

  test('to link gets the same code', async () => {
    const { callback, atReplica } = await begin({ intent: 'link' })
    const first = await callback()
    expect(first.location?.searchParams.has('code')).toBe(true)
    expect((await callback()).location?.href).toBe(first.location?.href)
    expect((await atReplica()).location?.href).toBe(first.location?.href)
    expect(provider.count('token')).toBe(1)
  })

  test.each([
    ['a code', {}, {}],
    ['cookies', cookieMode, {}],
    ['an error', {}, { code: null, error: 'access_denied' }],
    ['a link', { intent: 'link' }, {}],
  ])('a minute after %s gets the page, with one click to begin anew', async (...row) => {
    const [, parameters, query] = row
    const { browser, started, callback } = await begin(parameters)
    await callback(query)
    await age(latchkey, '58 seconds')
    expect((await callback(query)).status).toBe(303)
    await age(latchkey, '3 seconds')
    const page = await browser.send(started.callback(query), { headers: { accept: 'text/html' } })
    expect([page.status, lastProblem(latchkey).reason]).toEqual([400, 'used'])
    expect(page.text).toMatch(/class="action first"[^>]* href="\/login\/fake\?client_id=spa/)
    expect(page.headers.getSetCookie().join()).toContain('Max-Age=0')
  })

  test('whoever finished it and was killed: the twin waits, and is told to come again', async () => {
    const { callback, started } = await begin()
    // The mark is there, and nobody works on it.
    const { createHash } = await import('node:crypto')
    const mark = createHash('sha256').update(`finished fake ${started.state}`).digest('base64url')
    await latchkey.database.query(
      `insert into latchkey.finished_flows (id, expires_at) values ($1, now() + interval '1 hour')`,
      [mark],
    )
    const waiting = callback()
    await wait(500)
    await age(latchkey, '20 seconds')
    expectProblem(await waiting, 400, 'invalid_state')
  })
})

describe('a stranger who has the URL', () => {
  test('gets nothing, neither before nor after', async () => {
    const { started, callback } = await begin()
    const stranger = () => new Browser().send(started.callback())
    expectProblem(await stranger(), 400, 'invalid_state')
    const first = await callback()
    expect(first.location?.searchParams.has('code')).toBe(true)
    expectProblem(await stranger(), 400, 'invalid_state')
    expect((await callback()).location?.href).toBe(first.location?.href)
  })
})

describe('a callback that is fetched ahead', () => {
  test.each([
    ['sec-purpose', 'prefetch;prerender'],
    ['purpose', 'prefetch'],
    ['x-moz', 'prefetch'],
  ])('(%s: %s) uses nothing up; the navigation gets the code', async (name, value) => {
    const { browser, started, callback } = await begin()
    const ahead = await browser.send(started.callback(), { headers: { [name]: value } })
    expectProblem(ahead, 503, 'temporarily_unavailable')
    expect([ahead.headers.getSetCookie(), ahead.headers.get('cache-control')]).toEqual([
      [],
      'no-store',
    ])
    expect(provider.count('token')).toBe(0)
    expect((await callback()).location?.searchParams.has('code')).toBe(true)
  })
})
