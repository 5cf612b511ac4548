import { expect, test } from 'vitest'
import { APPS, getCode, meStatus, readTokens, redeem, refresh, signIn } from '../../helpers/apps.ts'
import { setStage } from '../../helpers/stage.ts'

const { latchkey, provider } = setStage({
  settings: { ...APPS, SESSIONS_PER_USER: '3' },
  people: (turn) => ({ name: `Person ${turn}` }),
})

test('where one session more begins than a user may have, the one unused longest ends', async () => {
  const [first, second, third] = [
    await signIn(latchkey, provider),
    await signIn(latchkey, provider),
    await signIn(latchkey, provider),
  ]
  // Used last, and so the last to go.
  readTokens(await refresh(latchkey, first.refresh_token))
  const code = await getCode(latchkey, provider)
  const statuses = () =>
    Promise.all([first, second, third].map((one) => meStatus(latchkey, one.access_token)))
  // A code that nobody redeemed is no session yet.
  expect(await statuses()).toEqual([200, 200, 200])
  const fourth = readTokens(await redeem(latchkey, code))
  expect(await statuses()).toEqual([200, 401, 200])
  expect(await meStatus(latchkey, fourth.access_token)).toBe(200)
})
