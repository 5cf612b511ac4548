import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, Browser } from '../../helpers/browser.ts'
import { FakeProvider } from '../../helpers/fake-provider.ts'
import { answerByCode, loginByCode } from '../../helpers/id-token.ts'
import { countRows, type Latchkey, startLatchkey } from '../../helpers/latchkey.ts'
import { expectProblem, lastProblem } from '../../helpers/problems.ts'
import { sleep } from '../../helpers/refusals.ts'

describe('a provider that hangs beside one that works', () => {
  const hanging = new FakeProvider()
  const working = new FakeProvider()
  const waiting: ServerResponse[] = []
  let latchkey: Latchkey

  beforeAll(async () => {
    await hanging.listen()
    working.keys = hanging.keys
    await working.listen()
    latchkey = await startLatchkey({
      ...hanging.settings('hanging'),
      ...working.settings('working'),
      OIDC_PROVIDERS: 'hanging,working',
    })
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

  const timed = async (work: () => Promise<Answer>) => {
    const start = performance.now()
    return { answer: await work(), ms: performance.now() - start }
  }

  test('6.23 past a hundred waiting logins the next ones get 503 at once, and others notice nothing', async () => {
    const before = await loginByCode(latchkey, 'working')
    expect(before.status).toBe(200)
    const headers = { authorization: `Bearer ${before.json().access_token}` }
    const rows = await countRows(latchkey)
    const stuck = Array.from({ length: 100 }, () => loginByCode(latchkey, 'hanging'))
    for (let round = 0; waiting.length < 100 && round < 80; round++) await sleep(50)
    expect(waiting).toHaveLength(100)

    const surplus = await timed(() => loginByCode(latchkey, 'hanging'))
    expectProblem(surplus.answer, 503, 'temporarily_unavailable')
    expect(Number(surplus.answer.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(lastProblem(latchkey)).toMatchObject({ reason: 'provider_overload' })
    expect(surplus.ms).toBeLessThan(8_000)
    expect(hanging.count('token')).toBe(100)

    for (let round = 0; round < 10; round++) {
      const login = await timed(() => loginByCode(latchkey, 'working'))
      const me = await timed(() => new Browser().send(`${latchkey.url}/me`, { headers }))
      expect([login.answer.status, me.answer.status]).toEqual([200, 200])
      expect(login.ms + me.ms).toBeLessThan(8_000)
    }

    for (const response of waiting) response.destroy()
    for (const answer of await Promise.all(stuck)) expectProblem(answer, 502, 'provider_error')
    expect((await countRows(latchkey)).users).toBe(rows.users)
    answerByCode(hanging)
    expect((await loginByCode(latchkey, 'hanging')).status).toBe(200)
  })
})
