import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditRow } from '../../src/core/events/audit.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { createAudit } from '../../src/db/stores/events/audit.ts'
import { createStores } from '../../src/db/stores/index.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { RULES } from '../helpers/rules.ts'

let testDatabase: TestDatabase
let database: Database

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase(testDatabase.connection, { connections: 4, prepare: true })
})
afterAll(async () => {
  await database.close()
  await testDatabase.drop()
})

test('a page of an export reads that page, however many events a person has', async () => {
  const own = randomUUID()
  await database.query('insert into latchkey.users (id) values ($1)', [own])
  await database.query(
    `insert into latchkey.audit_events (user_id, type, at)
     select case when n % 4 = 0 then $1::uuid else gen_random_uuid() end, 'session.created', now() - n * interval '1 ms'
     from generate_series(1, 20000) n`,
    [own],
  )
  await database.query('analyze latchkey.audit_events', [])
  const texts: string[] = []
  const listening = createStores(
    {
      ...database,
      query: (text, ...rest) => {
        texts.push(text)
        return database.query(text, ...rest)
      },
    },
    RULES,
  )
  let exported = ''
  for await (const piece of (await listening.adminUsers.export(own)) ?? []) exported += piece
  expect(JSON.parse(exported).events).toHaveLength(5_000)
  const pages = texts.filter((text) => text.includes('"audit"'))
  expect(pages).toHaveLength(3)
  const conditionOf = async (text: string) => {
    const plan = JSON.stringify(
      await database.sql.unsafe(`explain (generic_plan, format json) ${text}`).simple(),
    )
    return /"Index Cond":"[^"]*user_id[^"]*"/.exec(plan)?.[0] ?? ''
  }
  expect(await conditionOf(pages[0] ?? '')).toMatch(/user_id = .* AND \(at >= /)
  // The control: in an order that no index has, all of them are read.
  const elsewise = `select id from latchkey.audit_events
    where user_id = $1 and (type, id) > ('a', $2::uuid) order by type, id limit 2000`
  expect(await conditionOf(elsewise)).toMatch(/^[^(]*\(user_id = \$1\)/)
})

test('a page of the audit reads that page, from either end and from the middle, and what is to be told is found by its time', async () => {
  const person = randomUUID()
  await database.query(
    `insert into latchkey.audit_events (user_id, session_id, type, at)
     select $1::uuid, case when n % 2 = 0 then gen_random_uuid() end, 'user.created', now() - n * interval '1 ms'
     from generate_series(1, 20000) n`,
    [person],
  )
  await database.query('analyze latchkey.audit_events', [])
  const asked: { text: string; parameters: readonly unknown[] }[] = []
  const audit = createAudit({
    ...database,
    query: (text, parameters = [], ...rest) => {
      asked.push({ text, parameters })
      return database.query(text, parameters, ...rest)
    },
  })
  /** The most rows that one part of a plan gives. */
  const mostRows = async (text: string, parameters: readonly unknown[]) => {
    const plan = JSON.stringify(
      await database.query(`explain (analyze, format json) ${text}`, parameters),
    )
    const counts = [...plan.matchAll(/"Actual Rows":([\d.]+)/g)].map(([, rows]) => Number(rows))
    return Math.max(...counts)
  }
  for (const newestFirst of [false, true]) {
    const first = await audit.list({ newestFirst, limit: 100 })
    expect(first).toHaveLength(100)
    const after = first.at(-1) as AuditRow
    await audit.list({ newestFirst, limit: 100, after })
    await audit.list({ newestFirst, limit: 100, userId: person, after })
  }
  expect(asked).toHaveLength(6)
  for (const { text, parameters } of asked) {
    expect(await mostRows(text, parameters), text).toBeLessThan(1_000)
  }
  const told =
    'select type from latchkey.audit where at = $1::text::timestamptz and id = $2::text::uuid'
  const [one] = await audit.list({ limit: 1, userId: person })
  expect(await mostRows(told, [one?.at, one?.id])).toBeLessThan(10)
  // The control: by its id alone, all of them are read.
  const elsewise = 'select type from latchkey.audit where id = $1::text::uuid'
  expect(await mostRows(elsewise, [one?.id])).toBeGreaterThan(10_000)
})
