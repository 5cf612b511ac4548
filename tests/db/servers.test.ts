import { randomBytes } from 'node:crypto'
import { connect, createServer } from 'node:net'
import postgres from 'postgres'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { migrateDatabase } from '../../src/db/migrate.ts'
import { explainFailure } from '../../src/operations/doctor/explain/failures.ts'

// Servers and roles as operators have them.

const server = inject('postgres')
let location: typeof server
let admin: postgres.Sql
let sql: postgres.Sql

const client = (database: string) =>
  postgres({ ...server, database, max: 1, fetch_types: false, onnotice: () => undefined })

beforeEach(async () => {
  location = { ...server, database: `empty_${randomBytes(8).toString('hex')}` }
  admin = client('postgres')
  await admin.unsafe(`create database ${location.database}`)
  sql = client(location.database)
})
afterEach(async () => {
  await sql.end({ timeout: 0 })
  await admin.unsafe(`drop database ${location.database} with (force)`)
  await admin.end()
})

const isMigrated = async () => {
  const [found] = await sql`select to_regclass('latchkey.users') is not null as migrated`
  return found?.migrated
}

test('a migration takes as long as it takes, whatever a role or a database limits: statements, locks and transactions', async () => {
  const limits = ['statement_timeout', 'lock_timeout', 'transaction_timeout']
  for (const limit of limits) {
    await admin.unsafe(`alter database ${location.database} set ${limit} = '500ms'`)
  }
  // They bite who says nothing of them.
  const plain = client(location.database)
  await expect(plain`select pg_sleep(10)`).rejects.toThrow()
  await plain.end()

  // Another replica migrates.
  await sql`select pg_advisory_lock(76, 4711)`
  const migrating = migrateDatabase(location)
  const waitsLong = async () => {
    const [found] = await admin`
      select clock_timestamp() - query_start > '1 second' as long from pg_stat_activity
      where datname = ${location.database} and wait_event_type = 'Lock'`
    return found?.long
  }
  await Promise.race([migrating, expect.poll(waitsLong, { timeout: 10_000 }).toBe(true)])
  await sql`select pg_advisory_unlock(76, 4711)`
  await migrating
  expect(await isMigrated()).toBe(true)
})

test.each([
  // The same length, so that each message stays as long as it says.
  ['130023', false],
  ['140000', true],
])('a server whose version is %s is migrated: %s', async (version, isNewEnough) => {
  const [its] = await sql`select current_setting('server_version_num') as version`
  const [from, to] = [Buffer.from(its?.version), Buffer.from(version)]
  const posing = createServer((socket) => {
    const behind = connect(`${server.host}/.s.PGSQL.${server.port}`)
    socket.pipe(behind)
    behind.on('data', (chunk) => {
      const at = chunk.indexOf(from)
      if (at !== -1) to.copy(chunk, at)
      socket.write(chunk)
    })
    behind.on('close', () => socket.destroy())
    for (const end of [socket, behind]) end.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => posing.listen(0, '127.0.0.1', resolve))
  const { port } = posing.address() as { port: number }
  try {
    const migrating = migrateDatabase({ ...location, host: '127.0.0.1', port })
    if (isNewEnough) await migrating
    else await expect(migrating).rejects.toMatchObject({ code: 'TOO_OLD' })
    expect(await isMigrated()).toBe(isNewEnough)
  } finally {
    posing.close()
  }
  expect(explainFailure('TOO_OLD', 'en').join()).toContain('14 or newer')
})
