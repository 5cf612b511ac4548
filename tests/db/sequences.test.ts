import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { migrateDatabase } from '../../src/db/migrate.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'

let own: TestDatabase
let database: Database

beforeAll(async () => {
  own = await createTestDatabase()
  await migrateDatabase(own.connection)
  database = openDatabase(own.connection, { connections: 2, prepare: true })
})
afterAll(async () => {
  await database.close()
  await own.drop()
})

const sequences = [
  [
    'latchkey.outbox',
    `insert into latchkey.outbox (kind, target) values ('webhook', 'it') returning id::int`,
  ],
  [
    'drizzle.latchkey_migrations',
    `insert into drizzle.latchkey_migrations (hash, created_at) values ('another', 0) returning id::int`,
  ],
] as const

test.each(sequences)(
  'what came to %s without its sequence, by logical replication, is in no way after a start',
  async (table, insert) => {
    const add = async () => (await database.query<{ id: number }>(insert, []))[0]?.id ?? 0
    const behind = () =>
      database.query(`select setval(pg_get_serial_sequence($1, 'id'), 1, false)`, [table])
    const last = await add()
    // Control: what is not behind goes on where it was, also where the last rows are gone.
    await database.query(`delete from ${table} where id = $1`, [last])
    await migrateDatabase(own.connection)
    expect(await add()).toBe(last + 1)

    await database.query(`delete from ${table} where id < 3`, [])
    for (let more = 0; more < 5; more++) await add()
    await behind()
    // Twice in a row it would give out what is free.
    await database.query(
      `select nextval(pg_get_serial_sequence($1, 'id')) from generate_series(1, 3)`,
      [table],
    )
    await expect(add()).rejects.toMatchObject({ evidence: { database: '23505' } })
    await migrateDatabase(own.connection)
    expect(await add()).toBe(last + 7)
  },
)
