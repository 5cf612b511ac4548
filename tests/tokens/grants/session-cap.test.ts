import { expect, test } from 'vitest'
import { toProfile } from '../../../src/core/identity/profile.ts'
import { createStores } from '../../../src/db/stores/index.ts'
import { APPS, getCode, meStatus, readTokens, redeem, refresh, signIn } from '../../helpers/apps.ts'
import { RULES } from '../../helpers/rules.ts'
import { setStage } from '../../helpers/stage.ts'
import { newSession } from '../../helpers/stores.ts'

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

/** How many sessions of the person live. */
const alive = async (subject: string) =>
  (
    await latchkey.database.query(
      'select from latchkey.sessions where subject = $1 and ended_at is null and redeemed_at is not null',
      [subject],
    )
  ).length

test('of codes that are redeemed at the same moment no more sessions live than a user may have', async () => {
  const codes: string[] = []
  for (let turn = 0; turn < 8; turn++) codes.push(await getCode(latchkey, provider))
  const answers = await Promise.all(codes.map((code) => redeem(latchkey, code)))
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
  expect(await alive(provider.subject)).toBe(3)
})

test('of sign-ins with tokens at the same moment neither', async () => {
  const { signIns } = createStores(latchkey.database, { ...RULES, sessionsPerUser: 3 })
  const key = { provider: 'fake', issuer: '', subject: provider.subject }
  const come = () => signIns.signIn(key, toProfile({ subject: key.subject }), newSession())
  const people = await Promise.all(Array.from({ length: 8 }, come))
  expect(new Set(people.map(({ account }) => account.sub)).size).toBe(1)
  expect(await alive(key.subject)).toBe(3)
})
