import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { APPS, meStatus, readTokens, refresh, signIn, type Tokens } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { type Latchkey, startLatchkey, startLogin, TEST_SECRET } from '../helpers/latchkey.ts'
import { blockWith, english } from './texts.ts'

const PUBLIC_URL = 'http://localhost:3999'
const NEW_SECRET = 'another secret with more than 32 characters'
const provider = new FakeProvider()
let testDatabase: TestDatabase

beforeAll(async () => {
  await provider.listen()
  testDatabase = await createTestDatabase()
})
afterAll(async () => {
  await provider.close()
  await testDatabase.drop()
})

const startReplica = (SECRET: string) =>
  startLatchkey(
    { ...provider.settings(), ...APPS, SECRET },
    { testDatabase, publicUrl: PUBLIC_URL },
  )

/** A person's login that stands at the provider, started at this replica. */
async function begin(latchkey: Latchkey) {
  const browser = new Browser()
  const { nonce, state } = await startLogin(latchkey, browser)
  return async (finishAt: Latchkey) => {
    provider.nonce = nonce ?? ''
    const callback = `${finishAt.url}/login/fake/callback?code=a-code&state=${state}`
    return (await browser.send(callback)).status
  }
}

describe('SECRET, rotated in the rounds of docs/operating.md', () => {
  const rounds = [
    ...blockWith(english('operating'), 'sh', 'SECRET=old,new').matchAll(/^SECRET=(\S+)/gm),
  ].map(([, value = '']) => value.replace('old', TEST_SECRET).replace('new', NEW_SECRET))

  test('breaks no session, token or login, whichever replica answers', async () => {
    expect(rounds).toEqual([
      `${TEST_SECRET},${NEW_SECRET}`,
      `${NEW_SECRET},${TEST_SECRET}`,
      NEW_SECRET,
    ])
    const replicas = [await startReplica(TEST_SECRET), await startReplica(TEST_SECRET)]
    let tokens: Tokens = await signIn(replicas[0] as Latchkey, provider)
    for (const secret of rounds) {
      for (const place of replicas.keys()) {
        const [one, other] = [replicas[place], replicas[1 - place]] as [Latchkey, Latchkey]
        const logins = secret === NEW_SECRET ? [] : [await begin(one), await begin(other)]
        await one.close()
        const fresh = await startReplica(secret)
        replicas[place] = fresh
        // A login may begin before the restart, and end on another replica than it began on.
        for (const finish of logins) expect(await finish(fresh)).toBe(200)
        expect(await (await begin(other))(fresh)).toBe(200)
        expect(await (await begin(fresh))(other)).toBe(200)
        for (const latchkey of [fresh, other]) {
          expect(await meStatus(latchkey, tokens.access_token)).toBe(200)
          tokens = readTokens(await refresh(latchkey, tokens.refresh_token))
        }
      }
    }
    await Promise.all(replicas.map((replica) => replica.close()))
  })

  test('with the new one in front at once breaks logins that meet an old replica', async () => {
    const old = await startReplica(TEST_SECRET)
    const early = await startReplica(`${NEW_SECRET},${TEST_SECRET}`)
    const prepared = await startReplica(`${TEST_SECRET},${NEW_SECRET}`)
    expect(await (await begin(prepared))(old)).toBe(200)
    expect(await (await begin(early))(old)).toBe(400)
    await Promise.all([old, early, prepared].map((replica) => replica.close()))
  })
})
