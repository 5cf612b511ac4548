import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { migrateDatabase } from '../../src/db/migrate.ts'

const server = inject('postgres')
let location: typeof server

async function query(database: string, text: string): Promise<Record<string, unknown>[]> {
  const sql = postgres({ ...server, database, max: 1, onnotice: () => undefined })
  try {
    return [...(await sql.unsafe(text))]
  } finally {
    await sql.end()
  }
}

beforeEach(async () => {
  location = { ...server, database: `empty_${randomBytes(8).toString('hex')}` }
  await query('postgres', `create database ${location.database}`)
})
afterEach(() => query('postgres', `drop database ${location.database} with (force)`))

const APPLIED = 'select hash from drizzle.latchkey_migrations order by id'

test('five replicas that start at once on an empty database migrate it once', async () => {
  await Promise.all(Array.from({ length: 5 }, () => migrateDatabase(location)))
  const applied = await query(location.database, APPLIED)
  expect(applied.length).toBeGreaterThan(0)
  expect(new Set(applied.map(({ hash }) => hash)).size).toBe(applied.length)
})

test('a database that is migrated stays as it is', async () => {
  await migrateDatabase(location)
  const applied = await query(location.database, APPLIED)
  const id = '01890000-0000-7000-8000-000000000000'
  await query(location.database, `insert into latchkey.users (id, name) values ('${id}', 'Ann')`)
  await migrateDatabase(location)
  expect(await query(location.database, APPLIED)).toEqual(applied)
  expect(await query(location.database, 'select name from latchkey.users')).toEqual([
    { name: 'Ann' },
  ])
})

test.each([
  ['UTF8', true],
  ['SQL_ASCII', true],
  ['LATIN1', false],
  ['EUC_KR', false],
])(
  'a database in %s is migrated: %s, since names of all scripts must fit',
  async (encoding, fits) => {
    await query('postgres', `drop database ${location.database}`)
    await query(
      'postgres',
      `create database ${location.database} encoding ${encoding} locale 'C' template template0`,
    )
    const migrating = migrateDatabase(location)
    if (fits) await migrating
    else await expect(migrating).rejects.toMatchObject({ code: 'NOT_UTF8' })
    const tables = `select 1 from information_schema.tables where table_schema = 'latchkey'`
    expect((await query(location.database, tables)).length > 0).toBe(fits)
  },
)

test('a migration that fails leaves nothing of itself, and the next one succeeds', async () => {
  await query(location.database, 'create schema latchkey')
  await query(location.database, 'create table latchkey.sessions (id int)')
  await expect(migrateDatabase(location)).rejects.toThrow()
  const tables = `select table_name from information_schema.tables where table_schema = 'latchkey'`
  expect(await query(location.database, tables)).toEqual([{ table_name: 'sessions' }])
  await query(location.database, 'drop schema latchkey cascade')
  await migrateDatabase(location)
  expect((await query(location.database, tables)).length).toBeGreaterThan(3)
})
