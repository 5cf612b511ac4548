import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Browser } from '../../helpers/browser.ts'
import { FakeProvider } from '../../helpers/fake-provider.ts'
import { answerByCode, loginByCode } from '../../helpers/id-token.ts'
import { countRows, type Latchkey, startLatchkey } from '../../helpers/latchkey.ts'
import { expectProblem, lastProblem } from '../../helpers/problems.ts'

describe('a provider that hangs beside one that works', () => {
  const hanging = new FakeProvider()
  const working = new FakeProvider()
  const waiting: ServerResponse[] = []
  let latchkey: Latchkey

  beforeAll(async () => {
    await hanging.listen()
    working.keys = hanging.keys
    await working.listen()
    const env = { ...hanging.settings('hanging'), ...working.settings('working') }
    latchkey = await startLatchkey(
      { ...env, OIDC_PROVIDERS: 'hanging,working' },
      // None of those that wait is given up within this test.
      { outboundMs: 60_000 },
    )
    answerByCode(working)
    hanging.answers.token = (_call, response) => {
      waiting.push(response)
    }
  })
  afterAll(async () => {
    await latchkey.close()
    await hanging.close()
    await working.close()
  })

  test('6.23 past a hundred waiting logins the next ones get 503 at once, and others notice nothing', async () => {
    const before = await loginByCode(latchkey, 'working')
    expect(before.status).toBe(200)
    const headers = { authorization: `Bearer ${before.json().access_token}` }
    const rows = await countRows(latchkey)
    let over = 0
    const stuck = Array.from({ length: 100 }, () =>
      loginByCode(latchkey, 'hanging').finally(() => over++),
    )
    await expect.poll(() => waiting.length).toBe(100)

    const surplus = await loginByCode(latchkey, 'hanging')
    expectProblem(surplus, 503, 'temporarily_unavailable')
    expect(Number(surplus.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(lastProblem(latchkey)).toMatchObject({ reason: 'provider_overload' })
    expect(hanging.count('token')).toBe(100)

    for (let round = 0; round < 10; round++) {
      const login = await loginByCode(latchkey, 'working')
      const me = await new Browser().send(`${latchkey.url}/me`, { headers })
      expect([login.status, me.status]).toEqual([200, 200])
    }
    // All of this while the hundred waited.
    expect(over).toBe(0)

    for (const response of waiting) response.destroy()
    for (const answer of await Promise.all(stuck)) expectProblem(answer, 502, 'provider_error')
    expect((await countRows(latchkey)).users).toBe(rows.users)
    answerByCode(hanging)
    expect((await loginByCode(latchkey, 'hanging')).status).toBe(200)
  })
})
