import { expect, test } from 'vitest'
import { APPS, askMe, authorizationQuery, readTokens, redeem, refresh } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { startLogin, TEST_SECRET } from '../helpers/latchkey.ts'
import { expectProblem } from '../helpers/problems.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey, start } = setStage({ settings: APPS })
const NEXT = 'the next secret of the tests with more than 32 characters'

/** A login that stands before its callback, which any replica may get. */
async function begin() {
  const browser = new Browser()
  const started = await startLogin(latchkey, browser, 'fake', authorizationQuery())
  provider.nonce = started.nonce ?? ''
  const callback = (at: { url: string }) =>
    browser.send(started.callback().replace(latchkey.url, at.url))
  return callback
}

test('11.13 a login goes on while SECRET changes between any two of its steps', async () => {
  const next = await start({ SECRET: `${NEXT},${TEST_SECRET}` })
  const callback = await begin()
  const back = await callback(next)
  const code = back.location?.searchParams.get('code') ?? ''
  const tokens = readTokens(await redeem(next, code))
  const renewed = readTokens(await refresh(next, tokens.refresh_token))
  expect(renewed.sid).toBe(tokens.sid)
  const me = await askMe(next, renewed.access_token)
  expect(me.json().sub).toBe(tokens.sub)
})

test('11.13 a callback that comes again while SECRET changes gets the same code, wherever it first was', async () => {
  const next = await start({ SECRET: `${NEXT},${TEST_SECRET}` })
  const callback = await begin()
  const first = await callback(latchkey)
  const code = first.location?.searchParams.get('code') ?? ''
  expect((await callback(next)).location?.href).toBe(first.location?.href)
  expect((await redeem(next, code)).status).toBe(200)
  // Once the old one is gone nobody can make it again.
  const without = await start({ SECRET: NEXT })
  expectProblem(await callback(without), 400, 'invalid_state')
})

test('11.13 a callback that comes again where the next SECRET is not known yet gets no code that nobody knows', async () => {
  const next = await start({ SECRET: `${NEXT},${TEST_SECRET}` })
  const callback = await begin()
  const first = await callback(next)
  expect(first.location?.searchParams.has('code')).toBe(true)
  // Control: it comes again where it can be made.
  expect((await callback(next)).location?.href).toBe(first.location?.href)
  expectProblem(await callback(latchkey), 400, 'invalid_state')
})

test('11.13 where the old SECRET is gone the flow is unknown, and nothing worse', async () => {
  const callback = await begin()
  const without = await start({ SECRET: NEXT })
  expectProblem(await callback(without), 400, 'invalid_state')
  // Control: it is still good where it was begun.
  expect((await callback(latchkey)).location?.searchParams.has('code')).toBe(true)
})
