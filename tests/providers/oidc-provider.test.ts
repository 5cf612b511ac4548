import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import {
  type CertifiedOptions,
  type CertifiedStage,
  CLIENT_ID,
  playPerson,
  startCertified,
} from '../helpers/certified-provider.ts'
import { countRows, startLogin } from '../helpers/latchkey.ts'
import { expectProblem, lastProblem } from '../helpers/problems.ts'

const variants: CertifiedOptions[] = [
  { clientAuth: 'client_secret_basic', alg: 'RS256' },
  { clientAuth: 'client_secret_post', alg: 'ES256' },
]

describe.each(variants)('oidc-provider with $clientAuth and $alg', (options) => {
  let stage: CertifiedStage
  beforeAll(async () => {
    stage = await startCertified(options)
  })
  afterAll(() => stage?.close())

  test('a person signs in, consents and is known; the second time the session is enough', async () => {
    const { latchkey, issuer } = stage
    const browser = new Browser()
    const first = await startLogin(latchkey, browser, 'op')
    const { callback, pages } = await playPerson(stage, browser, first.authorization, {
      login: 'ada',
    })
    expect(pages).toEqual(['login', 'consent'])
    expect(callback.searchParams.get('iss')).toBe(issuer)
    const answer = await browser.send(callback)
    expect(answer.status).toBe(200)
    expect(answer.json().user).toMatchObject({
      name: 'Name of ada',
      locale: 'ko-KR',
      email: 'ada@example.com',
      email_verified: true,
      identities: [{ provider: 'op', subject: 'ada' }],
    })
    const headers = { authorization: `Bearer ${answer.json().access_token}` }
    const me = await browser.send(`${latchkey.url}/me`, { headers })
    expect(me.json()).toEqual(answer.json().user)

    const second = await startLogin(latchkey, browser, 'op')
    const again = await playPerson(stage, browser, second.authorization, { login: 'nobody' })
    expect(again.pages).toEqual([])
    expect((await browser.send(again.callback)).json().user).toMatchObject({
      sub: (answer.json().user as { sub: string }).sub,
    })
  })
})

describe('oidc-provider', () => {
  let stage: CertifiedStage
  beforeAll(async () => {
    stage = await startCertified({ clientAuth: 'client_secret_basic', alg: 'RS256' })
  })
  afterAll(() => stage?.close())

  /** A login up to the callback, in a browser of its own; `change` is what a stranger does to the URL. */
  async function upToCallback(login = 'ada', change = (_url: URL) => {}) {
    const browser = new Browser()
    const started = await startLogin(stage.latchkey, browser, 'op')
    change(started.authorization)
    const { callback } = await playPerson(stage, browser, started.authorization, { login })
    return { browser, callback }
  }
  const rows = () => countRows(stage.latchkey)

  test('prompt, login_hint and ui_locales arrive, and prompt=login asks who is signed in already', async () => {
    const { latchkey, requests } = stage
    const browser = new Browser()
    const first = await startLogin(latchkey, browser, 'op')
    await playPerson(stage, browser, first.authorization, { login: 'ada' })
    requests.length = 0
    const query = '?prompt=login&login_hint=b%2Bc%40example.com&ui_locales=ko%20en'
    const second = await startLogin(latchkey, browser, 'op', query)
    const { pages, callback } = await playPerson(stage, browser, second.authorization, {
      login: 'ada',
    })
    expect(pages[0]).toBe('login')
    expect(requests[0]).toMatchObject({
      prompt: 'login',
      login_hint: 'b+c@example.com',
      ui_locales: 'ko en',
      client_id: CLIENT_ID,
      scope: 'openid profile email',
      code_challenge_method: 'S256',
    })
    expect((await browser.send(callback)).json().user).toMatchObject({ name: 'Name of ada' })
  })

  test('prompt=none where nobody is signed in ends without a user', async () => {
    const browser = new Browser()
    const before = await rows()
    const started = await startLogin(stage.latchkey, browser, 'op', '?prompt=none')
    const { callback } = await playPerson(stage, browser, started.authorization, { login: 'ada' })
    expectProblem(await browser.send(callback), 400, 'login_required')
    expect(lastProblem(stage.latchkey)).toMatchObject({ error: 'login_required' })
    expect(await rows()).toEqual(before)
  })

  test('2.22 whoever aborts is told that access was denied', async () => {
    const browser = new Browser()
    const before = await rows()
    const started = await startLogin(stage.latchkey, browser, 'op')
    const { callback } = await playPerson(stage, browser, started.authorization, 'aborts')
    expect(callback.searchParams.get('error')).toBe('access_denied')
    expectProblem(await browser.send(callback), 403, 'access_denied')
    expect(await rows()).toEqual(before)
  })

  test('a code that was used is refused in another login, and so is one of another login that was not', async () => {
    const used = await upToCallback()
    expect((await used.browser.send(used.callback)).status).toBe(200)
    const unused = await upToCallback('mallory')
    const before = await rows()
    for (const code of [used, unused].map(
      ({ callback }) => callback.searchParams.get('code') ?? '',
    )) {
      const victim = await upToCallback()
      victim.callback.searchParams.set('code', code)
      expectProblem(await victim.browser.send(victim.callback), 400, 'invalid_code')
      expect(lastProblem(stage.latchkey)).toMatchObject({ step: 'token', error: 'invalid_grant' })
    }
    expect(await rows()).toEqual(before)
    const honest = await upToCallback()
    expect((await honest.browser.send(honest.callback)).status).toBe(200)
  })

  test('2.13 and 2.14 the iss of the callback must be there and be right', async () => {
    for (const [iss, reason] of [
      [null, 'iss_missing'],
      ['https://evil.example', 'iss_mismatch'],
      [`${stage.issuer}/`, 'iss_mismatch'],
    ] as const) {
      const { browser, callback } = await upToCallback()
      if (iss === null) callback.searchParams.delete('iss')
      else callback.searchParams.set('iss', iss)
      const before = await rows()
      expectProblem(await browser.send(callback), 400, 'invalid_state')
      expect(lastProblem(stage.latchkey)).toMatchObject({ reason })
      expect(await rows()).toEqual(before)
    }
  })

  test('2.21 where PKCE is required, a request without its challenge is refused by the provider', async () => {
    const before = await rows()
    const { browser, callback } = await upToCallback('ada', (url) => {
      url.searchParams.delete('code_challenge')
      url.searchParams.delete('code_challenge_method')
    })
    expectProblem(await browser.send(callback), 502, 'provider_error')
    expect(lastProblem(stage.latchkey)).toMatchObject({
      step: 'callback',
      error: 'invalid_request',
    })
    expect(await rows()).toEqual(before)
  })

  test('2.21 a request without its nonce, or with another one, ends at the ID token', async () => {
    const before = await rows()
    for (const nonce of [null, 'of-a-stranger-0123456789']) {
      const { browser, callback } = await upToCallback('ada', (url) => {
        if (nonce === null) url.searchParams.delete('nonce')
        else url.searchParams.set('nonce', nonce)
      })
      expectProblem(await browser.send(callback), 502, 'invalid_provider_response')
      expect(lastProblem(stage.latchkey)).toMatchObject({ reason: 'claim_nonce' })
    }
    expect(await rows()).toEqual(before)
  })
})

test('2.21 where PKCE is not required, the verifier is sent all the same and a stripped challenge fails', async () => {
  const stage = await startCertified({
    clientAuth: 'client_secret_post',
    alg: 'RS256',
    requirePkce: false,
  })
  const before = await countRows(stage.latchkey)
  for (const strip of [true, false]) {
    const browser = new Browser()
    const { authorization } = await startLogin(stage.latchkey, browser, 'op')
    if (strip) {
      authorization.searchParams.delete('code_challenge')
      authorization.searchParams.delete('code_challenge_method')
    }
    const { callback } = await playPerson(stage, browser, authorization, { login: 'ada' })
    const answer = await browser.send(callback)
    if (strip) {
      expectProblem(answer, 400, 'invalid_code')
      expect(await countRows(stage.latchkey)).toEqual(before)
    } else {
      expect(answer.status).toBe(200)
    }
  }
  await stage.close()
})

test.each(['client_secret_basic', 'client_secret_post'] as const)(
  'a wrong secret by %s is an error of the provider that names no secret',
  async (clientAuth) => {
    const secret = 'a-wrong-secret-of-the-operator'
    const stage = await startCertified({ clientAuth, alg: 'RS256' }, { OP_CLIENT_SECRET: secret })
    const browser = new Browser()
    const before = await countRows(stage.latchkey)
    const { authorization } = await startLogin(stage.latchkey, browser, 'op')
    const { callback } = await playPerson(stage, browser, authorization, { login: 'ada' })
    const answer = await browser.send(callback)
    expectProblem(answer, 502, 'provider_error')
    expect(lastProblem(stage.latchkey)).toMatchObject({
      step: 'token',
      status: 401,
      error: 'invalid_client',
    })
    expect(await countRows(stage.latchkey)).toEqual(before)
    expect(stage.latchkey.logs.join('') + answer.text).not.toContain(secret)
    await stage.close()
  },
)
