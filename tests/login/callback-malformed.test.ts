import { describe, expect, test } from 'vitest'
import { APPS, authorizationQuery, type Parameters, redeem } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { countRows, startLogin } from '../helpers/latchkey.ts'
import { expectProblem } from '../helpers/problems.ts'
import { setStageOfTwo } from '../helpers/stage.ts'

// What comes from the provider cannot be read, but which flow it is of: the app must not wait for ever.
const { provider, latchkey, replica } = setStageOfTwo({ settings: APPS })

/** A login of an app that stands before its callback. */
async function begin(parameters: Parameters = {}, browser = new Browser()) {
  const started = await startLogin(latchkey, browser, 'fake', authorizationQuery(parameters))
  provider.nonce = started.nonce ?? ''
  const send = (more: string, at = latchkey) =>
    browser.send(`${started.callback()}${more}`.replace(latchkey.url, at.url))
  return { browser, started, send }
}

const MALFORMED = [
  ['a second code', '&code=b'],
  ['a code in brackets', '&code[]=b'],
  ['a second iss', '&iss=https%3A%2F%2Fone.example&iss=https%3A%2F%2Ftwo.example'],
  ['an error that stands twice', '&error=x&error=y'],
  ['an error too long for one', `&error=${'e'.repeat(5_000)}`],
  ['an iss with a NUL', '&iss=a%00b'],
] as const

describe('a callback of an app’s flow that cannot be read', () => {
  test.each(MALFORMED)('%s is told to the app, and nobody is signed in', async (_what, more) => {
    const { send } = await begin({ state: 'of the app' })
    const before = await countRows(latchkey)
    const answer = await send(more)
    expect([answer.status, answer.location?.origin]).toEqual([303, 'https://app.example.com'])
    const told = Object.fromEntries(answer.location?.searchParams ?? [])
    expect(told).toMatchObject({
      error: 'invalid_request',
      state: 'of the app',
      iss: latchkey.url,
    })
    expect(provider.count('token')).toBe(0)
    expect(await countRows(latchkey)).toEqual(before)
    // As any flow that failed: the same again, at every replica, even for a callback that is well.
    for (const again of [await send(more, replica), await send('')]) {
      expect([again.status, again.location?.href]).toEqual([303, answer.location?.href])
    }
  })

  test.each([
    ['form_post', 'name="error" value="invalid_request"'],
    ['web_message', 'invalid_request'],
  ])('is told in the response mode of the flow (%s)', async (response_mode, shown) => {
    const { send } = await begin({ response_mode })
    const answer = await send('&code=b')
    expect([answer.status, answer.location]).toEqual([200, null])
    expect(answer.text).toContain(shown)
  })

  test('after the login was finished, it is the same answer again', async () => {
    const { send } = await begin()
    const first = await send('')
    expect((await send('&code=b')).location?.href).toBe(first.location?.href)
    const code = first.location?.searchParams.get('code') ?? ''
    expect((await redeem(latchkey, code)).status).toBe(200)
  })

  test('control: a stranger that stands twice is ignored', async () => {
    const { send } = await begin()
    expect((await send('&scope=a&scope=b')).location?.searchParams.has('code')).toBe(true)
  })

  test('control: in another browser, and where the state stands twice, it stays here', async () => {
    const { send, started } = await begin()
    expectProblem(await new Browser().send(`${started.callback()}&code=b`), 400, 'invalid_request')
    expectProblem(await send(`&state=${started.state}`), 400, 'invalid_request')
    expect((await send('')).location?.searchParams.has('code')).toBe(true)
  })
})
