import { expect, test } from 'vitest'
import { APPS, claimsOf, signIn } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { APP_ORIGIN, cookieLogin } from '../helpers/cookie-login.ts'
import { expectProblem } from '../helpers/problems.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage({
  settings: APPS,
  people: (turn) => ({
    name: `Person ${turn}`,
    email: `p${turn}@example.com`,
    email_verified: true,
  }),
})

const me = (token: string, init: RequestInit = {}) =>
  new Browser().send(`${latchkey.url}/me`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, ...init.headers },
  })

test('POST /me says what GET says, with a form that is empty, JSON or nothing at all', async () => {
  const { access_token: token } = await signIn(latchkey, provider)
  const { text } = await me(token)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  for (const init of [
    {},
    { headers: form, body: '' },
    { headers: form, body: 'schema=openid' },
    { headers: { 'content-type': 'application/json' }, body: '{}' },
    { headers: { 'content-type': 'application/json' }, body: '' },
  ]) {
    const answer = await me(token, { method: 'POST', ...init })
    expect([answer.status, answer.text]).toEqual([200, text])
  }
})

test('a client that names JSON with a request that has no body is heard, and where one is due it is missed', async () => {
  const { access_token: token } = await signIn(latchkey, provider)
  const send = async (method: string, path: string) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const { status, headers: got } = await fetch(`${latchkey.url}${path}`, {
      ...{ method, headers, body: '' },
    })
    return [status, got.get('content-type')?.split(';', 1)[0]]
  }
  const problem = 'application/problem+json'
  expect(await send('DELETE', '/me/sessions')).toEqual([204, undefined])
  expect(await send('DELETE', '/me/identities/naver')).toEqual([404, problem])
  expect(await send('PATCH', '/me')).toEqual([400, problem])
  expect(await send('POST', '/me/identities')).toEqual([400, problem])
  expect(await send('POST', '/token')).toEqual([400, 'application/json'])
  expect(await send('DELETE', '/me')).toEqual([204, undefined])
})

test('POST /me by a cookie needs an origin of its own, as all that is no GET', async () => {
  const browser = await cookieLogin(latchkey, provider)
  const ask = (headers = {}) => browser.send(`${latchkey.url}/me`, { method: 'POST', headers })
  expectProblem(await ask(), 403, 'csrf')
  expect((await ask({ origin: APP_ORIGIN })).status).toBe(200)
})

test('of whom nothing is known nothing is said: no claim is null', async () => {
  provider.person = {}
  const tokens = await signIn(latchkey, provider, { scope: 'openid profile email account' })
  const answer = await me(tokens.access_token)
  expect(answer.text).not.toContain('null')
  expect(Object.keys(answer.json()).sort()).toEqual([
    ...['created_at', 'identities', 'sub', 'updated_at'],
  ])
  for (const token of [tokens.id_token, tokens.access_token]) {
    expect(Object.values(claimsOf(token))).not.toContain(null)
  }
  expect(claimsOf(tokens.id_token)).not.toHaveProperty('email_verified')
})
