import { beforeAll, describe, expect, test } from 'vitest'
import { age, endSession, setDisabled } from '../helpers/age.ts'
import { type Answer, Browser } from '../helpers/browser.ts'
import { login, startLogin } from '../helpers/latchkey.ts'
import { expectNoSecretLogged, expectProblem, expectProtected } from '../helpers/problems.ts'
import { rawBytes, rawRequest } from '../helpers/raw-request.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage()
let token: string
let refreshToken: string
let idToken: string
/** The one body of all refusals. */
let refusal: string

beforeAll(async () => {
  const browser = new Browser()
  const started = await startLogin(latchkey, browser, 'fake', '?scope=openid+profile')
  provider.nonce = started.nonce ?? ''
  const body = (await browser.send(started.callback())).json()
  token = String(body.access_token)
  refreshToken = String(body.refresh_token)
  idToken = String(body.id_token)
  refusal = (await new Browser().send(`${latchkey.url}/me`)).text
})

const me = (...headers: string[]) => rawRequest(`${latchkey.url}/me`, { headers })

/** Fails unless this is the one refusal that every wrong credential gets. */
function expectUnauthorized(answer: Answer): void {
  expectProblem(answer, 401, 'invalid_token')
  expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
  expect(answer.text).toBe(refusal)
}

describe('8.01 the Authorization header', () => {
  test.each<[string, (token: string) => string[]]>([
    ['missing', () => []],
    ['empty', () => ['authorization', '']],
    ['of a scheme only', () => ['authorization', 'Bearer']],
    ['of a scheme and a space', () => ['authorization', 'Bearer ']],
    ['of Basic', () => ['authorization', 'Basic x']],
    ['of Basic with a token', (value) => ['authorization', `Basic ${value}`]],
    ['of a token only', (value) => ['authorization', value]],
    ['with a tab', (value) => ['authorization', `Bearer\t${value}`]],
    ['with a second token', (value) => ['authorization', `Bearer ${value} ${value}`]],
    ['with a comma', (value) => ['authorization', `Bearer ${value}, Basic x`]],
    ['with broken encoding', () => ['authorization', 'Bearer %E0%A4%A']],
    ['with quotes', (value) => ['authorization', `Bearer "${value}"`]],
    [
      'sent twice, the same',
      (v) => ['authorization', `Bearer ${v}`, 'authorization', `Bearer ${v}`],
    ],
    [
      'sent twice, the first odd',
      (v) => ['Authorization', 'Basic x', 'authorization', `Bearer ${v}`],
    ],
    [
      'sent twice, the last odd',
      (v) => ['authorization', `Bearer ${v}`, 'AUTHORIZATION', 'Basic x'],
    ],
  ])('%s is 401', async (_name, headers) => {
    expectUnauthorized(await me(...headers(token)))
  })

  test.each(['Bearer', 'bearer', 'BEARER', 'Bearer '])(
    'control: the scheme as %j is accepted',
    async (s) => {
      const answer = await me('authorization', `${s} ${token}`)
      expect(answer.status, answer.text).toBe(200)
      expectProtected(answer)
    },
  )

  test('a browser gets the same 401 as any program', async () => {
    expectUnauthorized(await me('accept', 'text/html', 'authorization', 'Bearer x'))
  })

  test('HEAD /me is refused and answered as GET is, without a body', async () => {
    const head = (...headers: string[]) =>
      rawRequest(`${latchkey.url}/me`, { method: 'HEAD', headers })
    const refused = await head()
    expect([refused.status, refused.text]).toEqual([401, ''])
    const accepted = await head('authorization', `Bearer ${token}`)
    expect([accepted.status, accepted.text]).toEqual([200, ''])
  })
})

describe('8.07 other secrets of a login', () => {
  test('no refresh token, ID token, state, code or flow cookie opens /me', async () => {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser)
    const [[, cookie] = []] = [...browser.jar()]
    const theirs = await provider.sign(provider.claims())
    for (const secret of [refreshToken, idToken, theirs, started.state, 'a-code', cookie?.value]) {
      expectUnauthorized(await me('authorization', `Bearer ${secret}`))
    }
    expect((await me('authorization', `Bearer ${token}`)).status).toBe(200)
  })
})

describe('8.10 huge headers', () => {
  test.each([
    ['a token of 15 kB', () => `authorization: Bearer ${'a'.repeat(15_000)}\r\n`, [401]],
    ['a token of 64 kB', () => `authorization: Bearer ${'a'.repeat(65_536)}\r\n`, [431]],
    ['a token of 1 MB', () => `authorization: Bearer ${'a'.repeat(1_048_576)}\r\n`, [431]],
    [
      '3000 headers',
      () => Array.from({ length: 3_000 }, (_, n) => `x${n}: y\r\n`).join(''),
      [431, 401],
    ],
  ])('%s is refused, and the service goes on', async (_name, header, statuses) => {
    const request = `GET /me HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${header()}\r\n`
    const [, status = '0'] = /^HTTP\/1\.1 (\d{3})/.exec(await rawBytes(latchkey.url, request)) ?? []
    // 0: the server hung up before it was read.
    expect([...statuses, 0]).toContain(Number(status))
    expect((await me('authorization', `Bearer ${token}`)).status).toBe(200)
  })
})

describe('8.11 a token in another place', () => {
  test.each<[string, () => Promise<Answer>]>([
    ['the query', () => rawRequest(`${latchkey.url}/me?access_token=${token}`)],
    ['a cookie that is none of ours', () => me('cookie', `access_token=${token}; token=${token}`)],
    [
      'a form',
      () =>
        rawRequest(`${latchkey.url}/me`, {
          headers: [
            ...['content-type', 'application/x-www-form-urlencoded'],
            ...['content-length', String(token.length + 13)],
          ],
          body: `access_token=${token}`,
        }),
    ],
    ['another header', () => me('x-access-token', token, 'proxy-authorization', `Bearer ${token}`)],
  ])('%s is 401 and not logged', async (_name, send) => {
    expectUnauthorized(await send())
    expectNoSecretLogged(latchkey, { token, signature: token.split('.')[2] ?? '' })
  })

  test('the query beside a good header changes nothing', async () => {
    const answer = await rawRequest(`${latchkey.url}/me?access_token=x`, {
      headers: ['authorization', `Bearer ${token}`],
    })
    expect(answer.status).toBe(200)
  })
})

describe('8.13 what happens to session and user', () => {
  /** Somebody new who is signed in. */
  async function signIn(subject: string) {
    provider.subject = subject
    provider.person = { name: subject }
    const { access_token, user } = (await login(latchkey, provider)).json()
    const { sub } = user as { sub: string }
    return { sub, get: () => me('authorization', `Bearer ${access_token}`) }
  }

  const query = (text: string, id: string) => latchkey.database.query(text, [id])

  test.each<[string, (userId: string) => Promise<unknown>]>([
    ['a session that has ended', () => endSession(latchkey)],
    ['a session that has expired', () => age(latchkey, '30 days')],
    [
      'a session that is gone',
      (id) => query('delete from latchkey.sessions where user_id = $1', id),
    ],
    ['a user who is disabled', (id) => setDisabled(latchkey, true, id)],
    ['a user who is gone', (id) => query('delete from latchkey.users where id = $1', id)],
  ])('%s is out at once, and another is not', async (name, happens) => {
    const mine = await signIn(name)
    expect((await mine.get()).status).toBe(200)
    await happens(mine.sub)
    const other = await signIn(`${name}, another`)
    expectUnauthorized(await mine.get())
    expect((await other.get()).status).toBe(200)
  })

  test('one session that ends leaves the others of the same user alone', async () => {
    const first = await signIn('two-sessions')
    await endSession(latchkey)
    const second = await signIn('two-sessions')
    expect(second.sub).toBe(first.sub)
    expectUnauthorized(await first.get())
    expect((await second.get()).status).toBe(200)
  })

  test.each<[string, number, string, string, string[]]>([
    ['a scope that is missing', 403, 'GET', '/me/identities/fake/token', []],
    ['a fault in JSON', 400, 'PATCH', '/me', ['application/json', '{"name":1}']],
    ['JSON that breaks off', 400, 'PATCH', '/me', ['application/json', '{"name"']],
    ['no body', 400, 'PATCH', '/me', []],
    ['nothing to link', 400, 'POST', '/me/identities', ['application/json', '{}']],
    ['another content type', 415, 'POST', '/me/identities', ['text/plain', 'x']],
    ['a body too large', 413, 'PATCH', '/me', ['application/json', `"${'x'.repeat(70_000)}"`]],
  ])(
    'a session that is over is refused as such, beside %s too',
    async (name, status, method, path, [type, body]) => {
      const { access_token } = (await login(latchkey, provider)).json()
      const send = () =>
        fetch(`${latchkey.url}${path}`, {
          method,
          headers: {
            authorization: `Bearer ${access_token}`,
            ...(type === undefined ? {} : { 'content-type': type }),
          },
          ...(body === undefined ? {} : { body }),
        })
      expect((await send()).status, name).toBe(status)
      await endSession(latchkey)
      const answer = await send()
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
        401,
        'Bearer error="invalid_token"',
      ])
      expect(await answer.text()).toBe(refusal)
    },
  )
})
