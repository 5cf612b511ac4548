import { describe, expect, test } from 'vitest'
import { createSealer } from '../../src/core/secrets.ts'
import { createFlowCookies, type Flow } from '../../src/login/flow.ts'
import { type Answer, Browser } from '../helpers/browser.ts'
import {
  countRows,
  login,
  type StartedLogin,
  startLogin,
  TEST_SECRET,
} from '../helpers/latchkey.ts'
import { expectNobodySignedIn, expectProblem, lastProblem } from '../helpers/problems.ts'
import { setStage } from '../helpers/stage.ts'

const { provider, latchkey } = setStage()

/** Fails unless this callback is refused for this reason and nothing came of it. */
async function expectInvalidState(reason: string, send: () => Promise<Answer>): Promise<Answer> {
  const answer = await expectNobodySignedIn(latchkey, provider, send)
  expectProblem(answer, 400, 'invalid_state')
  expect(lastProblem(latchkey)).toMatchObject({ code: 'invalid_state', reason })
  return answer
}

/** The positive control: the same login, as it should be, signs in. */
async function expectSignsIn(browser: Browser, started: StartedLogin): Promise<Answer> {
  provider.nonce = started.nonce ?? ''
  const answer = await browser.send(started.callback())
  expect(answer.status, answer.text).toBe(200)
  return answer
}

describe('the state and the browser', () => {
  test('2.01 a callback without state is refused, with a flow in the browser and without', async () => {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser)
    const url = started.callback({ state: null })
    await expectInvalidState('state_missing', () => browser.send(url))
    await expectInvalidState('state_missing', () => new Browser().send(url))
    await expectInvalidState('state_missing', () => browser.send(`${url}&state=`))
    await expectSignsIn(browser, started)
  })

  test("2.02 a stranger's code and state sign nobody in, and the stranger's flow stays usable", async () => {
    const [victim, attacker] = [new Browser(), new Browser()]
    await startLogin(latchkey, victim)
    const attack = await startLogin(latchkey, attacker)
    await expectInvalidState('flow_not_found', () => new Browser().send(attack.callback()))
    await expectInvalidState('flow_not_found', () => victim.send(attack.callback()))
    await expectSignsIn(attacker, attack)
  })

  test('2.03 a consent given to the link of a stranger does not end in the browser that gave it', async () => {
    const [victim, attacker] = [new Browser(), new Browser()]
    // The victim gets the provider's URL only, consents, and is sent back here.
    const attack = await startLogin(latchkey, attacker)
    await expectInvalidState('flow_not_found', () => victim.send(attack.callback()))
    await expectSignsIn(victim, await startLogin(latchkey, victim))
  })

  test('2.04 a state with any one character changed is unknown, and the flow stays usable', async () => {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser)
    for (let place = 0; place < started.state.length; place++) {
      const other = started.state[place] === 'A' ? 'B' : 'A'
      const forged = started.state.slice(0, place) + other + started.state.slice(place + 1)
      const url = started.callback({ state: forged })
      await expectInvalidState('flow_not_found', () => browser.send(url))
    }
    await expectSignsIn(browser, started)
  })

  test.each([
    ['in two', (state: string) => `state=${state}&state=${state}`, 'invalid_request'],
    ['in brackets', (state: string) => `state[x]=${state}`, 'invalid_request'],
    ['as a list', (state: string) => `state[]=${state}`, 'invalid_request'],
    ['of 10 kB', () => `state=${'s'.repeat(10_000)}`, 'invalid_request'],
    ['of a NUL', () => 'state=%00', 'invalid_state'],
    ['followed by a NUL', (state: string) => `state=${state}%00`, 'invalid_state'],
    ['broken in its encoding', () => 'state=%ff%fe', 'invalid_state'],
    ['named __proto__', () => 'state=__proto__', 'invalid_state'],
    ['that is an unsigned JWT', () => 'state=eyJhbGciOiJub25lIn0.eyJhIjoxfQ.', 'invalid_state'],
  ])('2.04 a state %s is refused, and the flow stays usable', async (_name, query, code) => {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser)
    const url = `${started.callback({ state: null })}&${query(started.state)}`
    const answer = await expectNobodySignedIn(latchkey, provider, () => browser.send(url))
    expectProblem(answer, 400, code)
    await expectSignsIn(browser, started)
  })

  test('2.04 a flow cookie with one character changed, cut or renamed opens nothing', async () => {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser)
    const other = await startLogin(latchkey, browser)
    const [[name = '', cookie] = [], [otherName = '', otherCookie] = []] = [...browser.jar()]
    if (cookie === undefined || otherCookie === undefined) throw new Error('two flows are needed')
    const { value } = cookie
    const middle = value[40] === 'A' ? 'B' : 'A'
    for (const forged of [
      value.slice(0, 40) + middle + value.slice(41),
      value.slice(0, -4),
      value.slice(0, 10),
      `${value}AAAA`,
      otherCookie.value,
      '',
      '{}',
    ]) {
      browser.jar().set(name, { ...cookie, value: forged })
      await expectInvalidState('flow_not_found', () => browser.send(started.callback()))
      browser.jar().set(otherName, otherCookie)
    }
    browser.jar().set(name, cookie)
    await expectSignsIn(browser, started)
    await expectSignsIn(browser, other)
  })

  test('2.08 a stranger who sends my state without my cookie does not burn my flow', async () => {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser)
    await expectInvalidState('flow_not_found', () => new Browser().send(started.callback()))
    await expectSignsIn(browser, started)
  })
})

describe('a sealed flow is of one purpose and one time', () => {
  const ours = createFlowCookies(
    createSealer([TEST_SECRET], 'flow cookies'),
    'http://localhost:3000',
  )

  /** A flow as the service makes it, read as only the holder of SECRET can. */
  async function flow(): Promise<Flow> {
    const browser = new Browser()
    const { state } = await startLogin(latchkey, browser)
    const sent = Object.fromEntries([...browser.jar()].map(([name, { value }]) => [name, value]))
    const found = ours.find(state, sent, Date.now())
    if (found === null) throw new Error('the flow was not found')
    return found
  }

  /** Puts this flow into another browser, sealed as said, and sends the callback. */
  async function callBack(sealed: Flow, cookies = ours): Promise<Answer> {
    const browser = new Browser()
    for (const { name, value } of cookies.start(sealed, {}, 0)) {
      browser.jar().set(name, { value, path: '/', attributes: [] })
    }
    provider.nonce = sealed.nonce
    const url = `${latchkey.url}/login/fake/callback?code=a-code&state=${sealed.state}`
    return browser.send(url)
  }

  test('2.07 a flow that is a millisecond over is refused; one that is not signs in', async () => {
    const over = { ...(await flow()), expiresAt: Date.now() }
    await expectInvalidState('flow_not_found', () => callBack(over))
    expect((await callBack(await flow())).status).toBe(200)
  })

  test('2.10 a flow sealed for another purpose, or by another secret, does not open', async () => {
    const other = 'another secret with more than 32 characters'
    for (const [secret, purpose] of [
      [TEST_SECRET, 'signing keys'],
      [TEST_SECRET, ''],
      [other, 'flow cookies'],
    ] as const) {
      const theirs = createFlowCookies(createSealer([secret], purpose), 'http://localhost:3000')
      const sealed = await flow()
      await expectInvalidState('flow_not_found', () => callBack(sealed, theirs))
      expect((await callBack(sealed)).status).toBe(200)
    }
  })

  test('2.10 a flow that a version with other members sealed, by the same secret, opens nothing', async () => {
    const sealed = await flow()
    const sealer = createSealer([TEST_SECRET], 'flow cookies')
    const older: typeof ours = {
      ...ours,
      start: (...asked) =>
        ours.start(...asked).map((cookie) => ({
          ...cookie,
          value: sealer.seal(JSON.stringify(Object.values(sealed)), cookie.name),
        })),
    }
    await expectInvalidState('flow_not_found', () => callBack(sealed, older))
    expect((await callBack(sealed)).status).toBe(200)
  })

  test('2.10 the cookie of a finished flow, put back by hand, finishes nothing', async () => {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser)
    const kept = new Map(browser.jar())
    await expectSignsIn(browser, started)
    expect([...browser.jar().keys()]).toEqual([])
    for (const [name, cookie] of kept) browser.jar().set(name, cookie)
    await expectInvalidState('used', () => browser.send(started.callback()))
  })

  test('2.09 state, flow cookie, refresh token and access token never pass for one another', async () => {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser)
    const [[name = '', cookie] = []] = [...browser.jar()]
    const { access_token: access, refresh_token: refresh } = (
      await login(latchkey, provider)
    ).json()
    // As a state, with and without being the value of the cookie too.
    for (const token of [access, refresh, cookie?.value].map(String)) {
      const url = started.callback({ state: token.slice(0, 512) })
      await expectInvalidState('flow_not_found', () => browser.send(url))
      const forger = new Browser()
      forger.jar().set(name, { value: token, path: '/', attributes: [] })
      if (token !== cookie?.value) {
        await expectInvalidState('flow_not_found', () => forger.send(started.callback()))
      }
    }
    // As a credential.
    for (const token of [started.state, cookie?.value, refresh, started.nonce]) {
      const me = await browser.send(`${latchkey.url}/me`, {
        headers: { authorization: `Bearer ${token}` },
      })
      expectProblem(me, 401, 'invalid_token')
    }
    const headers = { authorization: `Bearer ${access}` }
    expect((await browser.send(`${latchkey.url}/me`, { headers })).status).toBe(200)
    await expectSignsIn(browser, started)
  })
})

test('control: everything above left one user behind', async () => {
  expect(await countRows(latchkey)).toMatchObject({ users: 1, identities: 1 })
})
