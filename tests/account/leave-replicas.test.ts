import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { Browser } from '../helpers/browser.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { type Latchkey, login, startLatchkey } from '../helpers/latchkey.ts'
import { hurry, leave, outbox, revocations, until, untilOutboxEmpty } from '../helpers/leaving.ts'

const provider = new FakeProvider()
let testDatabase: TestDatabase
let replicas: Latchkey[] = []
/** A connection that no replica closes. */
let sql: postgres.Sql

beforeAll(async () => {
  await provider.listen()
  testDatabase = await createTestDatabase()
  sql = postgres({ ...testDatabase.connection, max: 1 })
})
afterAll(async () => {
  await sql.end()
  await testDatabase.drop()
  await provider.close()
})
beforeEach(() => provider.reset())
afterEach(async () => {
  await Promise.all(replicas.map((replica) => replica.close()))
  replicas = []
  await sql`delete from latchkey.outbox`
})

async function start(env: Record<string, string> = {}): Promise<Latchkey> {
  const replica = await startLatchkey({ ...provider.settings(), ...env }, { testDatabase })
  replicas.push(replica)
  return replica
}

async function leaveAs(replica: Latchkey, subject: string): Promise<void> {
  provider.subject = subject
  provider.token = (document) => ({ ...document, access_token: `token-of-${subject}` })
  const { access_token } = (await login(replica, provider, new Browser())).json()
  expect((await leave(replica, String(access_token))).status).toBe(204)
}

test('two replicas with one outbox tell the provider once of each', async () => {
  const [one, two] = [await start(), await start()]
  provider.answers.revoke = { status: 500 }
  const people = Array.from({ length: 20 }, (_, number) => `person-${number}`)
  for (const [place, person] of people.entries()) await leaveAs(place % 2 ? two : one, person)
  await until(async () => {
    const rows = await outbox(one)
    expect(rows.filter(({ failure }) => failure !== null)).toHaveLength(people.length)
  })
  provider.calls.length = 0
  provider.answers = {}
  await hurry(one)
  await untilOutboxEmpty(one)
  const tokens = revocations(provider).map(({ form }) => form.token)
  expect(tokens.sort()).toEqual(people.map((person) => `token-of-${person}`).sort())
})

test.each([
  ['40', 40],
  ['0', 2],
])(
  'a provider that says “Retry-After: %s” is asked again after %i seconds',
  async (said, seconds) => {
    const replica = await start()
    provider.answers.revoke = { status: 429, headers: { 'retry-after': said } }
    await leaveAs(replica, `person-after-${said}`)
    await until(async () =>
      expect(await outbox(replica)).toMatchObject([{ failure: 'provider_error revocation 429' }]),
    )
    const [row] = await outbox(replica)
    expect(row?.due).toBeLessThan(seconds * 1.5)
    // As long as this took to look.
    expect(row?.due).toBeGreaterThan(seconds - 20)
  },
)

test('what a replica has not told when it stops another tells, or the same after its restart', async () => {
  const first = await start()
  let isAsked = () => {}
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve
  })
  // Neither an answer nor an end.
  provider.answers.revoke = () => isAsked()
  await leaveAs(first, 'leaving-person')
  await asked
  const before = Date.now()
  await first.close()
  replicas = []
  expect(Date.now() - before).toBeLessThan(8_000)
  // It is left as if nobody had tried.
  const left = await sql`select failure, next_attempt_at <= now() as "isDue" from latchkey.outbox`
  expect([...left]).toEqual([{ failure: null, isDue: true }])
  provider.answers = {}
  provider.calls.length = 0
  const next = await start()
  await untilOutboxEmpty(next)
  expect(revocations(provider).map(({ form }) => form.token)).toEqual(['token-of-leaving-person'])
})

test('a replica that died holds its work no longer than its lease', async () => {
  const replica = await start()
  provider.answers.revoke = { status: 500 }
  await leaveAs(replica, 'person-of-the-dead')
  const failed = { failure: 'provider_error revocation 500' }
  await until(async () => expect(await outbox(replica)).toMatchObject([failed]))
  await replica.close()
  replicas = []
  // As a claim leaves it.
  const claimedFor = (span: string) =>
    sql`update latchkey.outbox set next_attempt_at = now() + ${span}::interval
      where subject = 'person-of-the-dead'`
  await claimedFor('1 hour')
  provider.calls.length = 0
  provider.answers = {}
  const other = await start()
  // It looks at its start, and tells of whoever leaves now.
  await leaveAs(other, 'person-of-the-living')
  const told = () => revocations(provider).map(({ form }) => form.token)
  await until(() => expect(told()).toEqual(['token-of-person-of-the-living']))
  await claimedFor('0')
  await untilOutboxEmpty(other)
  expect(told()).toEqual(['token-of-person-of-the-living', 'token-of-person-of-the-dead'])
})

test('a grant is revoked under the next SECRET, and where the old one is gone, once it was tried with both', async () => {
  const old = 'the old secret with 32 characters or more'
  const next = 'the next secret with 32 characters or more'
  provider.answers.revoke = { status: 500 }
  const before = await start({ SECRET: old })
  for (const person of ['first', 'second']) await leaveAs(before, person)
  const failure = 'provider_error revocation 500'
  const tried = (at: Latchkey, attempts: object) =>
    until(async () =>
      expect(await outbox(at)).toMatchObject([
        { failure, ...attempts },
        { failure, ...attempts },
      ]),
    )
  await tried(before, {})
  await before.close()
  const both = await start({ SECRET: `${next},${old}` })
  await both.database.query('update latchkey.outbox set attempts = 0', [])
  await hurry(both)
  await tried(both, { attempts: expect.toSatisfy((attempts) => attempts > 0) })
  await both.close()
  replicas = []
  provider.calls.length = 0
  provider.answers = {}
  const after = await start({ SECRET: next })
  await hurry(after)
  await untilOutboxEmpty(after)
  const told = revocations(provider).map(({ form }) => form.token)
  expect(told.sort()).toEqual(['token-of-first', 'token-of-second'])
})
