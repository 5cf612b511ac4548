import postgres from 'postgres'
import { describe, expect, test } from 'vitest'
import { openDatabase } from '../../../src/db/client.ts'
import { migrateDatabase } from '../../../src/db/migrate.ts'
import { APPS, getCode, readTokens, redeem, refresh } from '../../helpers/apps.ts'
import { createTestDatabase } from '../../helpers/database.ts'
import { setStage } from '../../helpers/stage.ts'

// What administrators set for a whole database or a role, and what is left in databases that were moved.
const ODD = {
  datestyle: `'SQL, DMY'`,
  timezone: `'Asia/Seoul'`,
  intervalstyle: `'sql_standard'`,
  bytea_output: `'escape'`,
  extra_float_digits: '-15',
  default_transaction_isolation: `'serializable'`,
  search_path: `''`,
}

describe.each([
  ['that tells the server how it behaves', 'on'],
  ['behind a pooler', 'off'],
])('a session %s', (_name, prepare) => {
  const { provider, latchkey, start } = setStage({
    settings: {
      ...APPS,
      DATABASE_PREPARE: prepare,
      FACEBOOK_CLIENT_ID: 'app',
      FACEBOOK_CLIENT_SECRET: 'secret-of-the-app',
    },
  })

  test('reads moments and bytes right, and waits for locks, whatever the database says', async () => {
    const { database } = latchkey.testDatabase.connection
    for (const [name, value] of Object.entries(ODD)) {
      await latchkey.database.sql.unsafe(`alter database ${database} set ${name} = ${value}`)
    }
    const odd = await start()
    // It bites where nobody says otherwise.
    const plain = postgres({ ...latchkey.testDatabase.connection, max: 1 })
    const [session] = await plain`select now()::text as now, '\\x00'::bytea::text as bytes`
    await plain.end()
    expect(session).toMatchObject({ now: expect.stringMatching(/^\d\d\/.* KST$/), bytes: '\\000' })

    const before = Date.now()
    const tokens = readTokens(await redeem(odd, await getCode(odd, provider)))
    const authorization = `Bearer ${tokens.access_token}`
    for (const [path, name] of [
      ['/me', 'created_at'],
      ['/me/sessions', 'created_at'],
      ['/me/identities', 'linked_at'],
    ] as const) {
      const answer = await fetch(`${odd.url}${path}`, { headers: { authorization } })
      const [shown] = [await answer.json()].flat() as Record<string, string>[]
      expect(Math.abs(Date.parse(shown?.[name] ?? '') - before), path).toBeLessThan(60_000)
    }

    // The one moment that is shown as a day.
    const code = 'a'.repeat(40)
    await latchkey.database.query(
      `insert into latchkey.received_events (provider, id, expires_at)
       values ('facebook', $1, now() + interval '1 day')`,
      [code],
    )
    const page = await fetch(`${odd.url}/providers/facebook/events/data-deletion/${code}`)
    expect([page.status, await page.text()]).toEqual([
      200,
      expect.stringContaining(
        new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date()),
      ),
    ])

    // At once: where transactions are serializable, all but one of them fail.
    const codes: string[] = []
    for (let login = 0; login < 4; login++) codes.push(await getCode(odd, provider))
    const again = await Promise.all([...codes, ...codes].map((code) => redeem(odd, code)))
    expect(again.map(({ status }) => status)).toEqual(again.map(() => 200))
    const twins = await Promise.all([1, 2, 3].map(() => refresh(odd, tokens.refresh_token)))
    expect(new Set(twins.map((twin) => readTokens(twin).refresh_token)).size).toBe(1)
  })
})

test('a connection rests for as long as nobody comes, where the database ends those that do', async () => {
  const { connection, drop } = await createTestDatabase()
  const sql = postgres({ ...connection, max: 1 })
  await sql`alter database ${sql(connection.database)} set idle_session_timeout = '300'`
  const pid = 'select pg_backend_pid() as pid'
  const ours = openDatabase(connection, { connections: 1, prepare: true })
  const plain = postgres({ ...connection, max: 1 })
  const rests = (await ours.query<{ pid: number }>(pid, []))[0]?.pid
  const ended = (await plain.unsafe(pid))[0]?.pid
  const there = async () =>
    (await sql`select pid from pg_stat_activity where pid in (${rests ?? 0}, ${ended})`).map(
      (row) => row.pid,
    )
  await expect.poll(there).not.toContain(ended)
  expect(await there()).toEqual([rests])
  await Promise.all([ours.close(), plain.end(), sql.end()])
  await drop()
})

test('what somebody else left in the same database is not called in place of what PostgreSQL has', async () => {
  const { connection, drop } = await createTestDatabase()
  const plain = postgres({ ...connection, max: 1 })
  // They fit better than PostgreSQL's own, of a bigint and of two numerics; both stand in statements of ours like that.
  await plain.unsafe(`
    create table public.caught (by text default current_query());
    create function public.hashtextextended(text, integer) returns bigint language plpgsql as
      $$ begin insert into public.caught default values; return 1; end $$;
    create function public.times(numeric, integer) returns numeric language plpgsql as
      $$ begin insert into public.caught default values; return $1 operator(pg_catalog.*) $2::numeric; end $$;
    create operator public.* (leftarg = numeric, rightarg = integer, function = public.times)`)
  const caught = async () => (await plain`select from public.caught`).length
  const read = "select hashtextextended('latchkey', 0), extract(epoch from now()) * 1000"
  const ours = openDatabase(connection, { connections: 1, prepare: true })
  await ours.query(read, [])
  // It reads the database's clock, for the audit's months.
  await migrateDatabase(connection)
  expect(await caught()).toBe(0)
  await plain.unsafe(read)
  expect(await caught()).toBe(2)
  await Promise.all([ours.close(), plain.end()])
  await drop()
})
