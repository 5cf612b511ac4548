import { v7 as uuidv7 } from 'uuid'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ImportedUser } from '../../../src/core/identity/import.ts'
import { type Database, openDatabase } from '../../../src/db/client.ts'
import { migrateDatabase } from '../../../src/db/migrate.ts'
import { createImportStore } from '../../../src/db/stores/account/imports.ts'
import { createAudit } from '../../../src/db/stores/events/audit.ts'
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts'

const RULES = { defaultRoles: [] }
let own: TestDatabase
let database: Database

beforeAll(async () => {
  own = await createTestDatabase()
  await migrateDatabase(own.connection)
  database = openDatabase(own.connection, { connections: 4, prepare: true })
})
afterAll(async () => {
  await database.close()
  await own.drop()
})

const unset = { name: null, picture: null, locale: null }
const makePerson = (): ImportedUser => {
  const [first, second] = [uuidv7(), uuidv7()]
  const identities = ['kakao', 'github'].map((provider) => ({
    ...{ provider, issuer: '', subject: first, email: null, linkedAt: null, lastLoginAt: null },
    ...unset,
  }))
  return { ids: [first, second], ...unset, createdAt: null, isDisabled: false, identities }
}

/** The database, where something else happens before a transaction's `at`-th statement is sent. */
const withBefore = (at: number, happens: () => Promise<unknown>): Database => ({
  ...database,
  transaction: (work) =>
    database.transaction((run) => {
      let sent = 0
      return work(async (...statement) => {
        sent += 1
        if (sent === at) await happens()
        return run(...statement)
      })
    }),
})

// What is read, who asks, and what is made: after that the other one would wait.
test.each([1, 2, 3, 4, 5, 6])(
  'who is imported by somebody else before statement %s of an import is known to it',
  async (at) => {
    const person = makePerson()
    const other = createImportStore(database, RULES)
    let happened: unknown
    const store = createImportStore(
      withBefore(at, async () => {
        happened = await other.take([person], { isDryRun: false })
      }),
      RULES,
    )
    const [outcome] = await store.take([person], { isDryRun: false })
    expect(happened).toMatchObject([{ id: person.ids[0], state: 'new', refused: [] }])
    const known = { id: person.ids[0], state: 'known', taken: [], refused: [] }
    expect(outcome).toMatchObject(known)
  },
)

test('an import records of each user once that it was made, and of one who is known that an identity came', async () => {
  const person = makePerson()
  const store = createImportStore(database, RULES)
  const recorded = async () => {
    const rows = await createAudit(database).list({ userId: person.ids[0], limit: 10 })
    return rows.map(({ type, provider, reason }) => [type, provider, reason].join(' ')).sort()
  }
  await store.take([person], { isDryRun: false })
  const first = [
    'identity.linked github imported',
    'identity.linked kakao imported',
    'user.created  imported',
  ]
  expect(await recorded()).toEqual(first)
  const naver = { ...person.identities[0], provider: 'naver' } as (typeof person.identities)[0]
  await store.take([{ ...person, identities: [...person.identities, naver] }], { isDryRun: false })
  expect(await recorded()).toEqual([...first, 'identity.linked naver imported'].sort())
})

test('who is imported by nobody else is new', async () => {
  const person = makePerson()
  const store = createImportStore(database, RULES)
  const [outcome] = await store.take([person], { isDryRun: false })
  expect(outcome).toMatchObject({ id: person.ids[0], state: 'new', refused: [] })
  expect(outcome?.taken).toHaveLength(2)
})

test.each([
  ['leaves', 'left_out'],
  // The control: nobody leaves.
  [null, 'known'],
] as const)(
  'somebody who %s while more of theirs is imported stops no import',
  async (what, state) => {
    const first = makePerson()
    const naver = { ...first.identities[0], provider: 'naver' } as (typeof first.identities)[0]
    const store = createImportStore(database, RULES)
    await store.take([first], { isDryRun: false })
    const more = { ...first, identities: [...first.identities, naver] }
    let begun = 0
    // Before the rows are made: after that the one who leaves would wait.
    const meanwhile = createImportStore(
      withBefore(6, async () => {
        begun += 1
        if (what === null || begun > 1) return
        await database.query('delete from latchkey.users where id = $1', [first.ids[0]])
      }),
      RULES,
    )
    expect(await meanwhile.take([more], { isDryRun: false })).toMatchObject([{ state }])
    const rows = await database.query('select from latchkey.identities where user_id = $1', [
      first.ids[0],
    ])
    expect(rows).toHaveLength(state === 'known' ? 3 : 0)
  },
)
