import type postgres from 'postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createOperations } from '../../../src/db/connection/operations.ts'
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts'
import { copyDriver } from '../../helpers/driver.ts'

// Each fault is shown twice: the driver as it is published has it, the mended one does not.

let database: TestDatabase
let published: Awaited<ReturnType<typeof copyDriver>>
let mended: typeof published

beforeAll(async () => {
  database = await createTestDatabase()
  published = await copyDriver({ mended: false })
  mended = await copyDriver({ mended: true })
})
afterAll(async () => {
  await Promise.all([database.drop(), published.remove(), mended.remove()])
})

/** One connection, which sends one statement at a time, as the pool's do. */
async function using<T>({ load }: typeof published, work: (sql: postgres.Sql) => Promise<T>) {
  const open = await load()
  const options = { ...database.connection, max: 1, max_pipeline: 0, onnotice: () => {} }
  const sql = open(options as never)
  const result = await work(sql)
  await sql.end({ timeout: 0 })
  return result
}

/** What comes of a statement: its only value, `refused`, or `silence` where a later one was answered before. */
const outcome = (sent: PromiseLike<readonly postgres.Row[]>, other: PromiseLike<unknown>) =>
  Promise.race([
    sent.then(
      ([row]) => row?.value as unknown,
      () => 'refused',
    ),
    other.then(() => 'silence'),
  ])

const NEVER = new Promise<never>(() => {})
const SECOND = new Promise((resolve) => setTimeout(resolve, 2_000).unref())
const PREPARED = { prepare: true }

describe('of statements at once each gets its own answer, also beside some whose message cannot be built', () => {
  const echo = (sql: Pick<postgres.Sql, 'unsafe'>, type: string, value: unknown) =>
    sql.unsafe(`select $1::${type} as value`, [value as never], PREPARED)
  const circle: unknown[] = []
  circle.push({ circle })
  const cases: [string, string, unknown, unknown][] = [
    ['undefined', 'text', undefined, 'a'],
    ['undefined in a list', 'text[]', ['a', undefined], ['a']],
    ['a date that is none', 'timestamptz', new Date(Number.NaN), new Date(0)],
    ['what throws when it is read', 'text', { toString: () => Symbol('none') }, 'a'],
    ['a circle', 'json', circle, ['a']],
  ]

  test.each(cases)('%s', async (_, type, bad, good) => {
    const outcomes = (driver: typeof published, deadline: PromiseLike<unknown>) =>
      using(driver, async (sql) => {
        // Prepared before, so that its parameters are written as it is sent.
        await echo(sql, type, good)
        const sent = [bad, bad, good, bad, good].map((value) => echo(sql, type, value))
        const each = await Promise.all(sent.map((one) => outcome(one, deadline)))
        const inTransaction = sql
          .begin(async (one) => {
            const [first, second, third] = [good, bad, good].map((value) => echo(one, type, value))
            second?.catch(() => {})
            return [outcome(first as never, NEVER), outcome(third as never, NEVER)]
          })
          .then(
            () => 'committed',
            () => 'rolled back',
          )
        return [
          ...each,
          await Promise.race([inTransaction, deadline.then(() => 'silence')]),
          await outcome(echo(sql, type, good), deadline),
        ]
      })
    expect(await outcomes(mended, NEVER)).toEqual([
      ...['refused', 'refused', good, 'refused', good],
      ...['rolled back', good],
    ])
    // The published driver answers some of them never, or with a neighbour's.
    expect(await outcomes(published, SECOND)).toContain('silence')
  })
})

test('a statement that the server no longer knows is sent again as it was', async () => {
  const twice = (driver: typeof published) =>
    using(driver, async (sql) => {
      const text = 'select $1::boolean as yes, $2::bytea as bytes'
      const send = async () => [...(await sql.unsafe(text, [true, Buffer.from('a')], PREPARED))]
      const first = await send()
      await sql.unsafe('deallocate all')
      return [first, await send()]
    })
  const sent = [{ yes: true, bytes: Buffer.from('a') }]
  expect(await twice(mended)).toEqual([sent, sent])
  expect(await twice(published)).toEqual([sent, [{ yes: false, bytes: Buffer.from('\\x61') }]])
})

describe('where the time is over while a statement of a transaction waits for another', () => {
  test('both are cancelled, and the connection takes the next', async () => {
    const operations = createOperations({ most: 1, waited: () => {} })
    const next = await using(mended, async (sql) => {
      // To connect may take longer than it has: then there is no statement to cancel.
      await sql.unsafe('select')
      const late = operations.run(
        (operation) =>
          sql.begin((one) =>
            Promise.all([
              operation.during(one.unsafe('select pg_sleep(60)') as never),
              operation.during(one.unsafe("select 'waits'") as never),
            ]),
          ),
        100,
      )
      await expect(late).rejects.toMatchObject({ code: '57014' })
      return [...(await sql.unsafe("select 'next' as value"))]
    })
    expect(next).toEqual([{ value: 'next' }])
  })

  test('a waiting one that is cancelled leaves no hole behind it', async () => {
    const cancelled = (driver: typeof published, deadline: PromiseLike<unknown>) =>
      using(driver, async (sql) => {
        const transaction = sql.begin(async (one) => {
          const slow = one.unsafe('select pg_sleep(0.2)').execute()
          const waiting = one.unsafe('select 1').execute()
          waiting.catch(() => {})
          // By now both are handed to the transaction.
          await null
          waiting.cancel()
          await slow
        })
        transaction.catch(() => {})
        return outcome(sql.unsafe("select 'next' as value"), deadline)
      })
    expect(await cancelled(mended, NEVER)).toBe('next')
    expect(await cancelled(published, SECOND)).toBe('silence')
  })
})
