import { beforeEach, expect, test } from 'vitest'
import { runOutbox } from '../../src/commands/admin/outbox.ts'
import { createOutbox } from '../../src/db/stores/events/outbox.ts'
import { untilHeldUp } from '../helpers/held.ts'
import { useLatchkey } from '../helpers/stage.ts'

const latchkey = useLatchkey({})
beforeEach(async () => {
  await latchkey.database.query('delete from latchkey.outbox')
  await latchkey.database.query(
    `insert into latchkey.outbox (kind, target, attempts, next_attempt_at, failed_at, failure)
     values ('webhook', 'webhook', 3, now() + interval '1 hour', null, '500'),
       ('webhook', 'webhook', 9, now(), now(), '404'),
       ('logout', 'spa', 9, now(), now(), 'ECONNREFUSED')`,
  )
})

type Row = Record<string, unknown>
const run = async (...words: string[]): Promise<readonly Row[]> => {
  const stores = { outbox: createOutbox(latchkey.database) }
  const said = await runOutbox({ stores, words } as never)
  return 'rows' in said ? said.rows : []
}

test('an operator sees what waits and what was given up, all or of a kind, or one entry', async () => {
  const all = await run('list')
  expect(all).toMatchObject([
    { kind: 'webhook', attempts: 3, failure: '500', given_up_at: null },
    { kind: 'webhook', failure: '404', next_attempt_at: null },
    { kind: 'logout', target: 'spa', failure: 'ECONNREFUSED' },
  ])
  expect(await run('list', 'logout')).toEqual(all.slice(2))
  expect(await run('list', String(all[1]?.id))).toEqual([all[1]])
})

test('an entry, a kind or all are tried again from the beginning, and the others are not', async () => {
  const [, second] = await run('list')
  expect(await run('retry', String(second?.id))).toEqual([{ retried: 1 }])
  expect(await run('list')).toMatchObject([
    { attempts: 3 },
    { attempts: 0, given_up_at: null, failure: '404' },
    { given_up_at: expect.any(String) },
  ])
  expect(await run('retry', 'logout')).toEqual([{ retried: 1 }])
  expect(await run('retry')).toEqual([{ retried: 3 }])
})

test('what was given up is dropped, and what waits only where it is named', async () => {
  expect(await run('drop')).toEqual([{ dropped: 2 }])
  expect(await run('list')).toMatchObject([{ attempts: 3 }])
  expect(await run('drop', 'webhook')).toEqual([{ dropped: 1 }])
  expect(await run('list')).toEqual([])
})

test('what is too much to be listed is counted by its target', async () => {
  const cutOf = async () => {
    const stores = { outbox: createOutbox(latchkey.database) }
    const said = await runOutbox({ stores, words: ['list'] } as never)
    return 'rows' in said ? said.cut : ''
  }
  expect(await cutOf()).toBeUndefined()
  await latchkey.database.query(
    `insert into latchkey.outbox (kind, target) select 'webhook', 'webhook' from generate_series(1, 1200)`,
  )
  expect((await cutOf())?.split('\n').sort()).toEqual([
    'Only 1000 are shown.',
    'logout for spa: 0 waiting, 1 given up',
    'webhook: 1201 waiting, 1 given up',
  ])
})

test('what an operator does with very many is done by statements that are each in time', async () => {
  await latchkey.database.query('delete from latchkey.outbox')
  await latchkey.database.query(
    `insert into latchkey.outbox (kind, target, failed_at)
     select 'webhook', 'webhook', case when n > 3000 then now() end from generate_series(1, 23000) n`,
  )
  const counts: number[] = []
  const outbox = createOutbox({
    ...latchkey.database,
    query: async (text, ...rest) => {
      const rows = await latchkey.database.query(text, ...rest)
      const [count] = Object.values(rows[0] ?? {})
      if (typeof count === 'number') counts.push(count)
      return rows as never
    },
  })
  expect(await outbox.drop({ failed: true })).toBe(20_000)
  expect(await outbox.retry({ kind: 'webhook' })).toBe(3_000)
  expect(counts).toEqual([10_000, 10_000, 0, 3_000, 0])
  const left = 'select distinct attempts, retried_at is null as never from latchkey.outbox'
  expect(await latchkey.database.query(left)).toEqual([{ attempts: 0, never: false }])
})

test('two operators at once do not lock each other out: each holds entries in the order of their ids', async () => {
  const { database } = latchkey
  await database.query(
    `insert into latchkey.outbox (kind, target) select 'logout', 'spa' from generate_series(1, 99)`,
  )
  const [first] = await run('list', 'logout')
  // It lies behind the others in the table, as what was tried since does.
  await database.query('update latchkey.outbox set attempts = 1 where id = $1', [`${first?.id}`])
  await database.query('analyze latchkey.outbox')
  const asked = await database.sql.begin(async (other) => {
    await other.unsafe('select from latchkey.outbox where id = $1 for update', [`${first?.id}`])
    const dropped = run('drop', 'logout')
    await untilHeldUp(latchkey, 1)
    // It waits for the first, and holds none of those behind it.
    const free = 'select id from latchkey.outbox for update skip locked'
    expect(await other.unsafe(free)).toHaveLength(102)
    return [dropped]
  })
  expect(await asked[0]).toEqual([{ dropped: 100 }])
})
