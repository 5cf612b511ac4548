import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toProfile } from '../../../src/core/identity/profile.ts'
import type { SignIns } from '../../../src/core/identity/sign-ins.ts'
import { type Database, openDatabase } from '../../../src/db/client.ts'
import { createStores } from '../../../src/db/stores/index.ts'
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts'
import { RULES } from '../../helpers/rules.ts'
import { newSession } from '../../helpers/stores.ts'

let testDatabase: TestDatabase
let database: Database
let signIns: SignIns
/** What was asked of the database: statements by themselves, and whole transactions. */
let asked = { statements: 0, transactions: 0 }

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase(testDatabase.connection, { connections: 8, prepare: true })
  const counted: Database = {
    ...database,
    query: (...statement) => {
      asked.statements++
      return database.query(...statement)
    },
    transaction: (work) => {
      asked.transactions++
      return database.transaction(work)
    },
  }
  signIns = createStores(counted, RULES).signIns
})
afterAll(async () => {
  await database.close()
  await testDatabase.drop()
})

/** A login with a verified address. */
const signIn = (provider: string, subject: string, email: string) =>
  signIns.signIn(
    { provider, issuer: '', subject },
    toProfile({ subject, email, emailVerified: true }),
    newSession(),
  )

const addressOf = (name: string) => `${name}-${randomUUID()}@example.com`

test('a first login with an address that nobody holds is one statement; with one that somebody holds it is not', async () => {
  const email = addressOf('ann')
  asked = { statements: 0, transactions: 0 }
  const { decision } = await signIn('google', randomUUID(), email)
  expect(decision).toEqual({ action: 'create', reason: 'nobody_with_this_email' })
  expect(asked).toEqual({ statements: 1, transactions: 0 })
  const joined = await signIn('kakao', randomUUID(), email)
  expect(joined.decision.action).toBe('join')
  expect(asked).toEqual({ statements: 2, transactions: 1 })
})

test('an address whose first holder has another one by now makes one new user, however many come with it at once', async () => {
  for (let round = 0; round < 10; round++) {
    const [email, subject] = [addressOf('bob'), randomUUID()]
    const first = await signIn('google', subject, email)
    await signIn('google', subject, addressOf('robert'))
    const next = randomUUID()
    const logins = await Promise.all(
      ['kakao', 'google', 'kakao', 'google'].map((provider) => signIn(provider, next, email)),
    )
    const users = new Set(logins.map(({ account }) => account.sub))
    expect(users.size).toBe(1)
    expect(users).not.toContain(first.account.sub)
    expect(logins.filter(({ decision }) => decision.action === 'create')).toHaveLength(1)
    // Whoever comes later finds the new holder.
    expect((await signIn('google', subject, email)).account.sub).toBe(first.account.sub)
  }
})

test('a user who leaves takes the claim along: the address makes a new user in one statement', async () => {
  const email = addressOf('cleo')
  const first = await signIn('google', randomUUID(), email)
  await database.query('delete from latchkey.users where id = $1', [first.account.sub])
  asked = { statements: 0, transactions: 0 }
  const second = await signIn('kakao', randomUUID(), email)
  expect(second.decision).toMatchObject({ action: 'create', reason: 'nobody_with_this_email' })
  expect(asked).toEqual({ statements: 1, transactions: 0 })
})
