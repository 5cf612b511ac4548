import { beforeEach, describe, expect, test } from 'vitest'
import { age, endSession } from '../helpers/age.ts'
import {
  APPS,
  askMe,
  authorizationQuery,
  getCode,
  meStatus,
  type Parameters,
  readTokens,
  redeem,
  refresh,
  signIn,
  type Tokens,
} from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { startLogin } from '../helpers/latchkey.ts'
import { expectProblem } from '../helpers/problems.ts'
import { setStageOfTwo } from '../helpers/stage.ts'

const { provider, latchkey, replica: second } = setStageOfTwo({ settings: APPS })
let turn = 0
beforeEach(() => {
  provider.subject = `person-${++turn}`
  provider.person = {}
})

const login = (parameters: Parameters = {}) => signIn(latchkey, provider, parameters)
const ask = (tokens: Tokens, path = '', method = 'GET', at = latchkey) =>
  askMe(at, tokens.access_token, `/sessions${path}`, method)
const list = async (tokens: Tokens) =>
  (await ask(tokens)).json() as unknown as Record<string, unknown>[]

/** Fails unless a session is over on both replicas at once, its refresh token too. */
async function expectEnded(tokens: Tokens) {
  for (const replica of [latchkey, second]) {
    expect(await meStatus(replica, tokens.access_token)).toBe(401)
    expect((await refresh(replica, tokens.refresh_token)).status).toBe(400)
  }
}

describe('GET /me/sessions', () => {
  test('lists this user’s living sessions, last used first, each as it began', async () => {
    const browser = new Browser()
    const started = await startLogin(latchkey, browser, 'fake', authorizationQuery())
    provider.nonce = started.nonce ?? ''
    const headers = { 'user-agent': 'Browser \u0001of the\ttests' }
    // A header cannot hold control characters but the tab.
    const answer = await browser.send(started.callback(), {
      headers: { 'user-agent': headers['user-agent'].replace('\u0001', '') },
    })
    const code = answer.location?.searchParams.get('code') ?? ''
    const first = readTokens(await redeem(latchkey, code))
    const later = await login({ client_id: 'other', redirect_uri: 'https://other.example.com/cb' })
    provider.subject = 'somebody-else'
    const foreign = await login()
    const sessions = await list(later)
    const moment = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    const common = { provider: 'fake', address: expect.stringMatching(/127\.0\.0\.1|::1/) }
    const times = { created_at: moment, last_used_at: moment, expires_at: moment }
    expect(sessions).toEqual([
      {
        ...{ ...common, ...times, id: later.sid, client_id: 'other', current: true },
        user_agent: expect.any(String),
      },
      {
        ...{ ...common, ...times, id: first.sid, client_id: 'spa', current: false },
        user_agent: 'Browser of thetests',
      },
    ])
    expect((await list(foreign)).map(({ id }) => id)).toEqual([foreign.sid])
    const [{ created_at, expires_at } = {}] = sessions
    const days = (Date.parse(String(expires_at)) - Date.parse(String(created_at))) / 86_400_000
    expect(days).toBeCloseTo(30, 2)
  })

  test('shows when one was used last, and none whose code was not swapped', async () => {
    const [older, newer] = [await login(), await login()]
    await getCode(latchkey, provider)
    expect((await list(newer)).map(({ id }) => id)).toEqual([newer.sid, older.sid])
    await refresh(second, older.refresh_token)
    expect((await list(newer)).map(({ id }) => id)).toEqual([older.sid, newer.sid])
  })

  test('shows none that can be renewed no more, but the one that asks; it may be ended still', async () => {
    const idle = await login()
    await age(latchkey, '13 days')
    const [renewed, mine] = [await login(), await login()]
    expect((await list(mine)).map(({ id }) => id)).toContain(idle.sid)
    await age(latchkey, '2 days')
    expect((await list(mine)).map(({ id }) => id)).toEqual([mine.sid, renewed.sid])
    await age(latchkey, '13 days')
    expect((await list(mine)).map(({ id }) => id)).toEqual([mine.sid])
    expect((await ask(mine, `/${renewed.sid}`, 'DELETE')).status).toBe(204)
    expectProblem(await ask(mine, `/${renewed.sid}`, 'DELETE'), 404, 'not_found')
  })

  test('shows one that can be renewed no more for as long as its access token counts', async () => {
    const short = await login()
    // As where REFRESH_TOKEN_TTL is shorter than ACCESS_TOKEN_TTL.
    await latchkey.database.query('update latchkey.refresh_tokens set expires_at = now()', [])
    const mine = await login()
    expect(await meStatus(latchkey, short.access_token)).toBe(200)
    expect((await list(mine)).map(({ id }) => id)).toEqual([mine.sid, short.sid])
    await age(latchkey, '9 minutes')
    expect((await list(mine)).map(({ id }) => id)).toEqual([mine.sid, short.sid])
    await age(latchkey, '3 minutes')
    expect((await list(mine)).map(({ id }) => id)).toEqual([mine.sid])
  })

  test('shows all of somebody who has more than a thousand', async () => {
    const mine = await login()
    await latchkey.database.query(
      `insert into latchkey.sessions (id, user_id, client_id, provider, scope, last_used_at, expires_at)
       select gen_random_uuid(), user_id, client_id, provider, scope, now() - interval '1 second', expires_at
       from latchkey.sessions, generate_series(1, 1500) where id = $1`,
      [mine.sid],
    )
    const found = await list(mine)
    expect([found.length, found[0]?.id]).toEqual([1501, mine.sid])
  })

  test('shows none that has expired or ended', async () => {
    const expired = await login()
    await age(latchkey, '30 days')
    const [mine, ended] = [await login(), await login()]
    await endSession(latchkey, ended.sid)
    expect((await list(mine)).map(({ id }) => id)).toEqual([mine.sid])
    expectProblem(await ask(expired), 401, 'invalid_token')
    expectProblem(await ask(ended), 401, 'invalid_token')
  })
})

describe('DELETE /me/sessions/:id', () => {
  test('ends one: 204, and 401 at once on both replicas; the others go on', async () => {
    const [mine, other, third] = [await login(), await login(), await login()]
    const answer = await ask(mine, `/${other.sid}`, 'DELETE')
    expect([answer.status, answer.text]).toEqual([204, ''])
    await expectEnded(other)
    for (const tokens of [mine, third]) {
      expect(await meStatus(second, tokens.access_token)).toBe(200)
    }
    expectProblem(await ask(mine, `/${other.sid}`, 'DELETE'), 404, 'not_found')
  })

  test('ends the one that asks', async () => {
    const mine = await login()
    expect((await ask(mine, `/${mine.sid}`, 'DELETE')).status).toBe(204)
    await expectEnded(mine)
    expectProblem(await ask(mine, `/${mine.sid}`, 'DELETE'), 401, 'invalid_token')
  })

  test('of another user, or of nobody: 404, the same text, and nothing ends', async () => {
    const foreign = await login()
    provider.subject = `${provider.subject}-neighbour`
    const mine = await login()
    const texts = new Set<unknown>()
    const unknown = '01890000-0000-7000-8000-000000000000'
    for (const id of [foreign.sid, unknown, 'x', '%00', "'", '__proto__', mine.sub]) {
      const answer = await ask(mine, `/${id}`, 'DELETE')
      expectProblem(answer, 404, 'not_found')
      texts.add(answer.json().detail)
    }
    expect(texts.size).toBe(1)
    expect(await meStatus(second, foreign.access_token)).toBe(200)
    expect((await ask(mine, `/${mine.sid.toUpperCase()}`, 'DELETE')).status).toBe(204)
  })
})

describe('DELETE /me/sessions', () => {
  test('ends all others of this user, started ones too, and keeps the one that asks', async () => {
    const foreign = await login()
    provider.subject = `${provider.subject}-neighbour`
    const [mine, second_, third] = [await login(), await login(), await login()]
    const code = await getCode(latchkey, provider)
    expect((await ask(mine, '', 'DELETE')).status).toBe(204)
    await expectEnded(second_)
    await expectEnded(third)
    expect((await redeem(latchkey, code)).status).toBe(400)
    expect(await meStatus(second, mine.access_token)).toBe(200)
    expect(await meStatus(second, foreign.access_token)).toBe(200)
    expect((await list(mine)).map(({ id }) => id)).toEqual([mine.sid])
    expect((await ask(mine, '', 'DELETE')).status).toBe(204)
  })

  test('by a session that is over ends nothing', async () => {
    const [mine, other] = [await login(), await login()]
    await ask(other, `/${mine.sid}`, 'DELETE')
    expectProblem(await ask(mine, '', 'DELETE', second), 401, 'invalid_token')
    expectProblem(await ask(mine, `/${other.sid}`, 'DELETE', second), 401, 'invalid_token')
    expect(await meStatus(second, other.access_token)).toBe(200)
  })
})

test.each([
  ['GET', ''],
  ['DELETE', ''],
  ['DELETE', '/01890000-0000-7000-8000-000000000000'],
])('%s /me/sessions%s needs a token', async (method, path) => {
  const url = `${latchkey.url}/me/sessions${path}`
  expectProblem(await new Browser().send(url, { method }), 401, 'invalid_token')
})
