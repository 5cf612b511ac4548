import { expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { startLogin } from '../helpers/latchkey.ts'
import { useLatchkey } from '../helpers/stage.ts'

const latchkey = useLatchkey({ EMULATE: 'line,google,discord,linkedin' })

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
