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
  ]) {
    const answer = await me(token, { method: 'POST', ...init })
    expect([answer.status, answer.text]).toEqual([200, text])
  }
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
