import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import postgres from 'postgres'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { waitAndMigrate } from '../../src/commands/wait-for-database.ts'
import { applyMigrations } from '../../src/db/apply-migrations.ts'
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

test('each migration is one message, and a statement in it can be left out', async () => {
  const folder = join(import.meta.dirname, '../../drizzle')
  const entries = JSON.parse(await readFile(join(folder, 'meta/_journal.json'), 'utf8')).entries
  const sent: string[] = []
  const sql = postgres({ ...location, max: 1, onnotice: () => undefined })
  await sql`create schema latchkey`
  await sql.begin(async (transaction) => {
    const { unsafe } = transaction
    const counting = Object.assign(transaction, {
      options: sql.options,
      unsafe: (text: string, ...rest: []) => {
        sent.push(text)
        return unsafe(text, ...rest)
      },
      begin: (work: (client: unknown) => Promise<unknown>) => work(transaction),
    }) as unknown as postgres.Sql
    const change = (text: string) => (text.includes('CREATE SCHEMA "latchkey"') ? 'select' : text)
    await applyMigrations(counting, { migrationsFolder: folder }, change)
  })
  await sql.end()
  // With the row that tells of it; before all of them the migrator's own table.
  expect(sent).toHaveLength(3 + 2 * entries.length)
  expect(
    await query(location.database, 'select count(*)::int as users from latchkey.users'),
  ).toEqual([{ users: 0 }])
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

/** Brings the database to what it was before this migration. */
async function migrateUntil(tag: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-migrations-'))
  await cp(join(import.meta.dirname, '../../drizzle'), folder, { recursive: true })
  const file = join(folder, 'meta/_journal.json')
  const journal = JSON.parse(await readFile(file, 'utf8'))
  const end = journal.entries.findIndex((entry: { tag: string }) => entry.tag === tag)
  await writeFile(file, JSON.stringify({ ...journal, entries: journal.entries.slice(0, end) }))
  const sql = postgres({ ...location, max: 1, onnotice: () => undefined })
  await migrate(drizzle(sql), { migrationsFolder: folder, migrationsTable: 'latchkey_migrations' })
  await sql.end()
  await rm(folder, { recursive: true })
}

test('who uses two tables in the other order meanwhile is not ended, nor is the start that migrates them', async () => {
  // It locks sessions first, and identities last.
  await migrateUntil('0021_first_login_recorded')
  const { applied } = await inspectDatabase(location, { prepare: true })
  const replica = postgres({ ...location, max: 1, onnotice: () => undefined })
  let migrating = Promise.resolve()
  const read = replica.begin(async (login) => {
    await login`lock table latchkey.identities in row exclusive mode`
    migrating = waitAndMigrate(location)
    await expect
      .poll(() =>
        query(
          'postgres',
          `select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = '${location.database}'`,
        ),
      )
      .toHaveLength(1)
    // Whoever closes the circle after `deadlock_timeout`, a second, is the one that PostgreSQL ends.
    await wait(1_200)
    return login`select count(*)::int from latchkey.sessions`
  })
  expect([...(await read)]).toEqual([{ count: 0 }])
  await migrating
  expect((await inspectDatabase(location, { prepare: true })).applied).toBeGreaterThan(applied)
  await replica.end()
})

test.each(['sessions', 'identities'])(
  'while %s stays in use no migration begins, which is told of by its code; once it is free, all do, and then nobody is waited for',
  async (table) => {
    await migrateUntil('0021_first_login_recorded')
    const { applied } = await inspectDatabase(location, { prepare: true })
    const replica = postgres({ ...location, max: 1, onnotice: () => undefined })
    await replica.begin(async (login) => {
      await login`lock table ${login(`latchkey.${table}`)} in access share mode`
      // By itself, and not as the cause of a migration's failure.
      await expect(migrateDatabase(location, { lockMs: 100 })).rejects.toMatchObject({
        code: '55P03',
      })
    })
    expect((await inspectDatabase(location, { prepare: true })).applied).toBe(applied)
    await migrateDatabase(location, { lockMs: 100 })
    expect((await inspectDatabase(location, { prepare: true })).applied).toBeGreaterThan(applied)
    await replica.begin(async (login) => {
      await login`lock table ${login(`latchkey.${table}`)} in access share mode`
      await migrateDatabase(location, { lockMs: 100 })
    })
    await replica.end()
  },
)
