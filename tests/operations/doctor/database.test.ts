import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { waitAndMigrate } from '../../../src/commands/wait-for-database.ts'
import { createTestDatabase } from '../../helpers/database.ts'
import { linesWith, runDoctor } from '../../helpers/doctor.ts'

/** A database of its own, migrated or not, by URL; `run` changes it first. */
async function databaseUrl(...run: string[]): Promise<string> {
  const { connection, drop } = await createTestDatabase()
  onTestFinished(drop)
  const sql = postgres({ ...connection, max: 1, onnotice: () => undefined })
  for (const statement of run) await sql.unsafe(statement)
  await sql.end()
  const { host, database, username } = connection
  return `postgres://${username}:canary@localhost/${database}?host=${encodeURIComponent(host)}`
}

const WEBHOOK_SECRET = `whsec_${randomBytes(32).toString('base64')}`
const EMPTY = 'drop schema latchkey cascade; drop schema drizzle cascade'

describe('of the database the doctor says', () => {
  test('its version, and that all migrations are applied', async () => {
    const { text, exitCode } = await runDoctor({ DATABASE_URL: await databaseUrl() })
    expect(text).toMatch(/✓ Connected to PostgreSQL \d+\.\d+/)
    expect(text).toContain('✓ All migrations are applied')
    expect(exitCode).toBe(0)
  })

  test('that webhooks are stopped, since their receiver answered 410', async () => {
    const said = async (stopped: string, WEBHOOK_URL = 'https://app.example/hook') => {
      const DATABASE_URL = await databaseUrl(
        `insert into latchkey.outbox_targets (kind, target, url, types, stopped_at)
         values ('webhook', 'webhook', 'https://app.example/hook', '{*}', ${stopped})`,
      )
      const settings = { DATABASE_URL, WEBHOOK_URL, WEBHOOK_SECRET }
      return linesWith(await runDoctor(settings, { offline: true }), 'WEBHOOK_URL answered 410')
    }
    expect(await said('now()')).toEqual([expect.stringMatching(/^ {2}! .*outbox retry webhook/)])
    expect(await said('null')).toEqual([])
    // The next start lets them go on, to where the setting leads now.
    expect(await said('now()', 'https://app.example/another')).toEqual([])
    expect(await said('now()', '')).toEqual([])
  })

  test('that others could have functions of theirs called, where no session says otherwise', async () => {
    const OPEN = 'grant create on schema public to public'
    const said = async (prepare: string, ...run: string[]) => {
      const settings = { DATABASE_URL: await databaseUrl(...run), DATABASE_PREPARE: prepare }
      return linesWith(await runDoctor(settings), 'functions in its schema public')
    }
    expect(await said('off', OPEN)).toEqual([expect.stringMatching(/^ {2}! .*search_path/)])
    expect(await said('on', OPEN)).toEqual([])
    expect(await said('off')).toEqual([])
  })

  test('how many migrations are pending, and changes nothing', async () => {
    const DATABASE_URL = await databaseUrl(EMPTY)
    for (const _ of ['first', 'second']) {
      const report = await runDoctor({ DATABASE_URL })
      expect(linesWith(report, 'migrations are pending')).toEqual([
        expect.stringMatching(/^ {2}! [1-9]/),
      ])
      expect(report.exitCode).toBe(0)
    }
  })

  test.each([
    ['UTF8', null, 0],
    ['SQL_ASCII', /^ {2}! /, 0],
    ['LATIN1', /^ {2}✗ /, 1],
  ])('whether all names fit into its encoding: %s', async (encoding, line, exitCode) => {
    const url = await databaseUrl()
    const name = `enc_${encoding.toLowerCase()}`
    const admin = postgres({ ...inject('postgres'), max: 1, onnotice: () => undefined })
    onTestFinished(async () => {
      await admin.unsafe(`drop database if exists ${name} with (force)`)
      await admin.end()
    })
    await admin.unsafe(`drop database if exists ${name}`)
    await admin.unsafe(`create database ${name} encoding ${encoding} locale 'C' template template0`)
    const report = await runDoctor({ DATABASE_URL: url.replace(/t_[0-9a-f]+/, name) })
    expect(linesWith(report, `encoding is ${encoding}`)).toEqual(
      line === null ? [] : [expect.stringMatching(line)],
    )
    expect(report.text.includes('template template0')).toBe(exitCode === 1)
    expect(report.exitCode).toBe(exitCode)
  })

  test.each([
    ['on', 1],
    ['off', 0],
  ])(
    'whether it takes writes, without which nobody signs in: read-only is %s',
    async (value, wrongs) => {
      const url = await databaseUrl()
      const name = new URL(url).pathname.slice(1)
      const admin = postgres({ ...inject('postgres'), max: 1 })
      await admin.unsafe(`alter database ${name} set default_transaction_read_only = ${value}`)
      await admin.end()
      const report = await runDoctor({ DATABASE_URL: url })
      expect(linesWith(report, 'accepts no writes')).toEqual(
        Array(wrongs).fill(expect.stringMatching(/^ {2}✗ /)),
      )
      expect(report.exitCode).toBe(wrongs)
    },
  )

  test.each([
    ['that may use them', 'select, insert, update, delete', 1],
    ['that may not even see them', null, 1],
    // As a member of that role it is let in with what was made before.
    ['that acts as their owner', 'owner', 0],
  ])(
    'whose the tables are, though all migrations are applied: another role %s',
    async (_name, right, wrongs) => {
      const url = await databaseUrl()
      const guest = `guest_${randomBytes(4).toString('hex')}`
      const owner = new URL(url).username
      const database = new URL(url).pathname.slice(1)
      const admin = postgres({ ...inject('postgres'), database, username: 'postgres', max: 1 })
      onTestFinished(async () => {
        await admin.unsafe(`drop owned by ${guest}; drop role ${guest}`)
        await admin.end()
      })
      await admin.unsafe(`create role ${guest} login`)
      if (right === 'owner') {
        await admin.unsafe(`grant ${owner} to ${guest}; alter role ${guest} set role = ${owner}`)
      } else if (right !== null) {
        await admin.unsafe(`grant usage on schema latchkey, drizzle to ${guest};
        grant ${right} on all tables in schema latchkey, drizzle to ${guest}`)
      }
      const theirs = url.replace(`//${owner}:`, `//${guest}:`)
      const report = await runDoctor({ DATABASE_URL: theirs })
      expect(linesWith(report, `belong to another role (${owner})`)).toEqual(
        Array(wrongs).fill(expect.stringMatching(/^ {2}✗ .*--no-owner/)),
      )
      expect(linesWith(report, 'migrations are')).toHaveLength(1 - wrongs)
      expect(report.exitCode).toBe(wrongs)
      // The start is of the same mind, and names the object.
      const { host, port } = inject('postgres')
      const starting = waitAndMigrate({ host, port, database, username: guest })
      if (wrongs === 0) await starting
      else await expect(starting).rejects.toThrow(/--no-owner.* PostgreSQL says: permission denied/)
    },
  )

  test('that tables without the list of migrations, as of a backup without its data, do not start', async () => {
    const DATABASE_URL = await databaseUrl('delete from drizzle.latchkey_migrations')
    const report = await runDoctor({ DATABASE_URL })
    expect(linesWith(report, 'Tables are there')).toEqual([expect.stringMatching(/^ {2}✗/)])
    expect(linesWith(report, 'are pending')).toEqual([])
    expect(report.exitCode).toBe(1)
  })

  test('that a newer Latchkey was here', async () => {
    const DATABASE_URL = await databaseUrl(
      "insert into drizzle.latchkey_migrations (hash, created_at) values ('of tomorrow', 0)",
    )
    const report = await runDoctor({ DATABASE_URL })
    expect(linesWith(report, 'A newer Latchkey')).toEqual([expect.stringMatching(/^ {2}✗/)])
    expect(report.exitCode).toBe(1)
  })

  test('why it cannot be used', async () => {
    const url = await databaseUrl()
    const missing = await runDoctor({ DATABASE_URL: url.replace(/t_[0-9a-f]+/, 'nothing') })
    expect(linesWith(missing, '3D000')).toEqual([expect.stringMatching(/^ {2}✗/)])
    expect(missing.text).toContain('create database')
    const away = await runDoctor({ DATABASE_URL: 'postgres://127.0.0.1:1/x' })
    expect(away.text).toContain('It cannot be used (ECONNREFUSED): 127.0.0.1:1')
    expect(away.exitCode).toBe(1)
  })

  test('so beside other settings that are wrong', async () => {
    const report = await runDoctor({ PORT: 'x', DATABASE_URL: 'postgres://127.0.0.1:1/x' })
    expect(report.text).toContain('PORT must be')
    expect(report.text).toContain('It cannot be used (ECONNREFUSED): 127.0.0.1:1')
  })

  test('that a pooler’s port may need DATABASE_PREPARE=off', async () => {
    const DATABASE_URL = 'postgres://127.0.0.1:6432/x'
    const words = 'n transaction mode, set DATABASE_PREPARE=off'
    expect(linesWith(await runDoctor({ DATABASE_URL }), words)).toHaveLength(1)
    const off = await runDoctor({ DATABASE_URL, DATABASE_PREPARE: 'off' })
    expect(linesWith(off, words)).toEqual([])
  })
})
