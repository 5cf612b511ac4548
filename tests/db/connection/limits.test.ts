import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../../src/db/client.ts'
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts'

let testDatabase: TestDatabase
beforeAll(async () => {
  testDatabase = await createTestDatabase()
})
afterAll(() => testDatabase.drop())

const MARK = `insert into latchkey.request_counts (key, count, expires_at)
  values ($1, 1, now() + interval '1 hour')`
const marks = async (database: Database, like: string) =>
  (
    await database.query<{ n: number }>(
      'select count(*)::int as n from latchkey.request_counts where key like $1',
      [`${like}%`],
    )
  )[0]?.n

describe.each([
  ['with prepared statements', true],
  ['without prepared statements', false],
])('%s', (name, prepare) => {
  test('what meets a lock ends in time, waiting or running, and is not done when the lock goes', async () => {
    const database = openDatabase(testDatabase.connection, { connections: 2, prepare })
    const locker = openDatabase(testDatabase.connection, { connections: 1, prepare: true })
    expect(await marks(database, name)).toBe(0)
    const startedAt = performance.now()
    await locker.sql.begin(async (lock) => {
      await lock.unsafe('lock table latchkey.request_counts in access exclusive mode')
      // Two run, four wait behind them; one is in a transaction.
      const outcomes = await Promise.allSettled([
        ...['a', 'b', 'c', 'd', 'e'].map((mark) => database.query(MARK, [`${name} ${mark}`])),
        database.transaction(async (run) => {
          await run('select 1', [])
          await run(MARK, [`${name} f`])
        }),
      ])
      for (const outcome of outcomes) {
        expect(outcome).toMatchObject({
          status: 'rejected',
          reason: { code: 'temporarily_unavailable' },
        })
      }
      // The lock would hold them for as long as this lasts.
      expect(performance.now() - startedAt).toBeLessThan(20_000)
    })
    await wait(500)
    expect(await marks(database, name)).toBe(0)
    // The same once more, with no lock in the way.
    await database.query(MARK, [`${name} a`])
    expect(await marks(database, name)).toBe(1)
    expect(database.pending()).toBe(0)
    await Promise.all([database.close(), locker.close()])
  })

  test('a statement that runs too long is cancelled, and its connection takes the next', async () => {
    const database = openDatabase(testDatabase.connection, { connections: 1, prepare })
    const slow = database.query('select pg_sleep(60)', [], { limitMs: 200 })
    await expect(slow).rejects.toMatchObject({ code: 'temporarily_unavailable' })
    expect(await database.query('select 1 as one', [])).toMatchObject([{ one: 1 }])
    await database.close()
  })

  test('many cancelled ones cost the pool no connection', async () => {
    const database = openDatabase(testDatabase.connection, { connections: 2, prepare })
    for (let round = 0; round < 5; round++) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 10 }, () =>
          database.query('select pg_sleep(60)', [], { limitMs: 20 + round }),
        ),
      )
      expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
    }
    const both = Array.from({ length: 2 }, () =>
      database.query('select pg_sleep(0.2), 1 as one', []),
    )
    expect((await Promise.all(both)).flat()).toHaveLength(2)
    await database.close()
  })
})
