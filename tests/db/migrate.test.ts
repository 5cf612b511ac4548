import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { inspectDatabase } from '../../src/db/inspect.ts'
import { migrateDatabase } from '../../src/db/migrate.ts'

const server = inject('postgres')
let location: typeof server

async function query(
  database: string,
  text: string,
  username = server.username,
): Promise<Record<string, unknown>[]> {
  const sql = postgres({ ...server, database, username, max: 1, onnotice: () => undefined })
  try {
    return [...(await sql.unsafe(text))]
  } finally {
    await sql.end()
  }
}

const asSuperuser = (database: string, text: string) => query(database, text, 'postgres')

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

test('where all transactions are serializable, who waits sees what the one before has migrated', async () => {
  const { database } = location
  await query(
    'postgres',
    `alter database ${database} set default_transaction_isolation = serializable`,
  )
  await Promise.all(Array.from({ length: 4 }, () => migrateDatabase(location)))
  const applied = await query(database, APPLIED)
  expect(new Set(applied.map(({ hash }) => hash)).size).toBe(applied.length)
})

test('a user who may make no schemas migrates into those that were made for it, again and again', async () => {
  const { database } = location
  const guest = { ...location, username: `guest_${randomBytes(4).toString('hex')}` }
  await asSuperuser('postgres', `create role ${guest.username} login`)
  try {
    await expect(migrateDatabase(guest)).rejects.toMatchObject({ cause: { code: '42501' } })
    expect((await inspectDatabase(guest, { prepare: true })).mayMigrate).toBe(false)
    for (const schema of ['latchkey', 'drizzle']) {
      await asSuperuser(database, `create schema ${schema} authorization ${guest.username}`)
    }
    expect((await inspectDatabase(guest, { prepare: true })).mayMigrate).toBe(true)
    await migrateDatabase(guest)
    await migrateDatabase(guest)
    const { applied, brought } = await inspectDatabase(guest, { prepare: true })
    expect(applied).toBe(brought)
  } finally {
    await asSuperuser(database, `drop owned by ${guest.username} cascade`)
    await asSuperuser('postgres', `drop role ${guest.username}`)
  }
})

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
