import { afterAll, beforeAll, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { type Latchkey, startLatchkey, startLogin } from '../helpers/latchkey.ts'

let latchkey: Latchkey
beforeAll(async () => {
  latchkey = await startLatchkey({ EMULATE: 'line,google,discord,linkedin' })
})
afterAll(() => latchkey.close())

test.each([
  ['line', 'access_denied', 'access_denied'],
  ['line', 'ACCESS_DENIED', 'access_denied'],
  ['line', 'INVALID_REQUEST', 'access_denied'],
  ['line', 'invalid_request', 'access_denied'],
  ['google', 'access_denied', 'access_denied'],
  ['google', 'Access_Denied', 'access_denied'],
  ['google', 'invalid_request', 'provider_error'],
  ['discord', 'access_denied', 'access_denied'],
  ['linkedin', 'user_cancelled_login', 'access_denied'],
])('%s says %s, without iss: that is %s', async (id, error, code) => {
  const browser = new Browser()
  const { callback } = await startLogin(latchkey, browser, id)
  const answer = await browser.send(callback({ code: null, error }))
  expect(answer.json().code).toBe(code)
})
