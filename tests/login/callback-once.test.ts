import { afterEach, expect, test, vi } from 'vitest'
import { type Answer, Browser } from '../helpers/browser.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { countRows, startLogin } from '../helpers/latchkey.ts'
import { expectNobodySignedIn, expectProblem, lastProblem } from '../helpers/problems.ts'
import { setStageOfTwo } from '../helpers/stage.ts'

// Two replicas behind one PUBLIC_URL: cookies are of a host, whatever the port.
const other = new FakeProvider()
other.subject = 'person-at-other'
other.person = { name: 'Person at other' }
const { provider: fake, latchkey: first, replica: second } = setStageOfTwo({ others: { other } })
afterEach(() => {
  vi.useRealTimers()
})

/** The same URL at the other replica. */
const atSecond = (url: string) => url.replace(first.url, second.url)

/** A started login, the cookies it began with, and a way to put them back. */
async function start(browser: Browser, id = 'fake') {
  const started = await startLogin(first, browser, id)
  const kept = new Map(browser.jar())
  const provider = id === 'fake' ? fake : other
  provider.nonce = started.nonce ?? ''
  const putBack = () => {
    for (const [name, cookie] of kept) browser.jar().set(name, cookie)
  }
  return { ...started, putBack }
}

/** Fails unless the callback, sent again with its cookie to either replica, is over. */
async function expectOver(browser: Browser, started: Awaited<ReturnType<typeof start>>) {
  for (const [replica, url] of [
    [first, started.callback()],
    [second, atSecond(started.callback())],
  ] as const) {
    const without = await expectNobodySignedIn(replica, fake, () => browser.send(url))
    expectProblem(without, 400, 'invalid_state')
    expect(lastProblem(replica)).toMatchObject({ reason: 'flow_not_found' })
    started.putBack()
    const again = await expectNobodySignedIn(replica, fake, () => browser.send(url))
    expectProblem(again, 400, 'invalid_state')
    expect(lastProblem(replica)).toMatchObject({ reason: 'used' })
  }
}

test('2.05 a callback is answered once: after a success it is over at every replica', async () => {
  const browser = new Browser()
  const started = await start(browser)
  expect((await browser.send(started.callback())).status).toBe(200)
  await expectOver(browser, started)
  expect(fake.count('token')).toBe(1)
})

test('2.05 a callback is answered once: after a failure of the provider it is over too', async () => {
  const browser = new Browser()
  const started = await start(browser)
  fake.answers.token = { status: 500, body: {} }
  expectProblem(await browser.send(started.callback()), 502, 'provider_error')
  fake.answers = {}
  await expectOver(browser, started)
  expect(fake.count('token')).toBe(1)
})

test('2.05 a callback is answered once: after access_denied the code of a second try is not used', async () => {
  const browser = new Browser()
  const started = await start(browser)
  const denied = started.callback({ code: null, error: 'access_denied' })
  expectProblem(await browser.send(denied), 403, 'access_denied')
  await expectOver(browser, started)
  expect(fake.count('token')).toBe(0)
})

test('2.06 twenty callbacks at once over two replicas: one answer, one exchange, one session', async () => {
  const browser = new Browser()
  const started = await start(browser)
  const before = await countRows(first)
  const cookie = [...browser.jar()].map(([name, { value }]) => `${name}=${value}`).join('; ')
  const answers: Answer[] = await Promise.all(
    Array.from({ length: 20 }, (_, turn) =>
      new Browser().send(turn % 2 === 0 ? started.callback() : atSecond(started.callback()), {
        headers: { cookie },
      }),
    ),
  )
  const statuses = answers.map(({ status }) => status).sort()
  expect(statuses).toEqual([200, ...Array(19).fill(400)])
  for (const answer of answers.filter(({ status }) => status === 400)) {
    expectProblem(answer, 400, 'invalid_state')
  }
  expect(fake.count('token')).toBe(1)
  const after = await countRows(first)
  expect(after.sessions).toBe((before.sessions ?? 0) + 1)
  expect(after.users).toBe(before.users)
})

test('2.07 a flow lives ten minutes: a second later it is refused, a second before it signs in', async () => {
  const browser = new Browser()
  const late = await start(browser)
  const inTime = await start(browser)
  const now = Date.now()
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(now + 601_000)
  const answer = await expectNobodySignedIn(second, fake, () =>
    browser.send(atSecond(late.callback())),
  )
  expectProblem(answer, 400, 'invalid_state')
  expect(lastProblem(second)).toMatchObject({ reason: 'flow_not_found' })
  vi.setSystemTime(now + 599_000)
  expect((await browser.send(inTime.callback())).status).toBe(200)
})

test('2.11 two tabs at two providers finish in the reverse order, at the other replica', async () => {
  const browser = new Browser()
  const tabs = [await start(browser, 'fake'), await start(browser, 'other')] as const
  for (const [tab, provider] of [
    [tabs[1], other],
    [tabs[0], fake],
  ] as const) {
    const answer = await browser.send(atSecond(tab.callback()))
    expect(answer.status, answer.text).toBe(200)
    expect(answer.json().user).toMatchObject({ identities: [{ subject: provider.subject }] })
  }
  expect([...browser.jar().keys()]).toEqual([])
})

test('2.11 four tabs at one provider finish, each with its own nonce and verifier', async () => {
  const browser = new Browser()
  const tabs = []
  for (let tab = 0; tab < 4; tab++) tabs.push(await start(browser))
  for (const tab of tabs.reverse()) {
    fake.nonce = tab.nonce ?? ''
    expect((await browser.send(tab.callback())).status).toBe(200)
  }
  const verifiers = fake.calls.filter(({ step }) => step === 'token')
  expect(new Set(verifiers.map(({ form }) => form.code_verifier)).size).toBe(4)
})

test.each([
  ['fake', 'other'],
  ['other', 'fake'],
])(
  '2.12 the state of %s at the callback of %s calls neither, and burns nothing',
  async (mine, theirs) => {
    const browser = new Browser()
    const started = await start(browser, mine)
    await start(browser, theirs)
    const url = started.callback().replace(`/login/${mine}/`, `/login/${theirs}/`)
    const answer = await expectNobodySignedIn(first, [fake, other], () => browser.send(url))
    expectProblem(answer, 400, 'invalid_state')
    expect(lastProblem(first)).toMatchObject({ reason: 'other_provider' })
    expect((await browser.send(started.callback())).status).toBe(200)
  },
)
