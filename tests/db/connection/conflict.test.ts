import { expect, test } from 'vitest'
import type { Database } from '../../../src/db/client.ts'
import { untilHeldUp } from '../../helpers/held.ts'
import { useStores } from '../../helpers/stores.ts'

const { database } = useStores()

/** Counts how often it is begun, which no rollback takes back, and then holds two locks, one after the other. */
const TWO = `select nextval('latchkey.begun') as turn, pg_advisory_xact_lock($1), pg_advisory_xact_lock($2)`

/** Has `ask` wait for the second lock while whoever holds that waits for the first. */
async function inRing<T>(ask: () => Promise<T>): Promise<T> {
  return database.sql
    .begin(async (other) => {
      await other.unsafe('select pg_advisory_xact_lock(2)')
      const asked = ask()
      asked.catch(() => {})
      await untilHeldUp({ database }, 1)
      // Who began to wait first is the first to look for a ring, a second later, and ends.
      await other.unsafe('select pg_advisory_xact_lock(1)')
      return [asked]
    })
    .then(([asked]) => asked as Promise<T>)
}

const ways: [string, (run: Database, locks: number[]) => Promise<{ turn: string }[]>][] = [
  ['a statement', ({ query }, locks) => query<{ turn: string }>(TWO, locks)],
  ['a transaction', ({ transaction }, locks) => transaction((run) => run(TWO, locks))],
]

test.each(ways)(
  '%s that is ended to let others out of a ring of waiting is done once more',
  async (_, ask) => {
    await database.query('drop sequence if exists latchkey.begun', [])
    await database.query('create sequence latchkey.begun', [])
    expect(await inRing(() => ask(database, [1, 2]))).toMatchObject([{ turn: '2' }])
    // Control: where nobody is in the way, it is done once.
    expect(await ask(database, [1, 2])).toMatchObject([{ turn: '3' }])
  },
)

test.each([
  ['a ring', '40P01', 'temporarily_unavailable'],
  ['another transaction', '40001', 'temporarily_unavailable'],
  ['a row that has just gone', '23503', 'temporarily_unavailable'],
  // Nobody else makes the same twice: what is refused then is wrong itself.
  ['a row that is there', '23505', 'server_error'],
])('what meets %s each time (%s) is begun twice, and is then %s', async (_, state, code) => {
  let begun = 0
  const asked = database.transaction(async (run) => {
    begun += 1
    await run(`do $$ begin raise exception using errcode = '${state}'; end $$`)
  })
  await expect(asked).rejects.toMatchObject({ code, evidence: { database: state } })
  expect(begun).toBe(2)
})

test('what the database refuses for another reason is not done again', async () => {
  let begun = 0
  const asked = database.transaction(async (run) => {
    begun += 1
    await run(`do $$ begin raise exception using errcode = '22P02'; end $$`)
  })
  await expect(asked).rejects.toMatchObject({ code: 'server_error' })
  expect(begun).toBe(1)
})
