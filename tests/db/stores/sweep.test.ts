import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../../src/db/client.ts'
import { sweepBatch } from '../../../src/db/stores/sweep.ts'
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts'

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

const count = async (table: string) =>
  (await database.query<{ n: number }>(`select count(*)::int as n from latchkey.${table}`, []))[0]
    ?.n

const fill = async () => {
  const statements = [
    `insert into latchkey.users (id) values ('01890000-0000-7000-8000-000000000000') on conflict do nothing`,
    `insert into latchkey.sessions (id, user_id, client_id, provider, scope, expires_at)
     select gen_random_uuid(), '01890000-0000-7000-8000-000000000000', 'c', 'p', 's', now() + at
     from unnest(array['-1 second', '1 hour']::interval[]) at`,
    `insert into latchkey.refresh_tokens (hash, session_id, generation, expires_at)
     select sha256(at::text::bytea), s.id, place, now() + at
     from unnest(array['-1 second', '1 hour']::interval[]) with ordinality as t(at, place),
       latchkey.sessions s
     where s.expires_at > now()`,
    `insert into latchkey.login_codes (hash, session_id, redirect_uri, expires_at)
     select sha256(at::text::bytea), s.id, 'https://a.example', now() + at
     from unnest(array['-1 second', '1 minute']::interval[]) at, latchkey.sessions s
     where s.expires_at > now()`,
    `insert into latchkey.link_codes (hash, client_id, redirect_uri, provider, issuer, subject, expires_at)
     select sha256(at::text::bytea), 'c', 'https://a.example', 'p', '', 's', now() + at
     from unnest(array['-1 second', '1 minute']::interval[]) at`,
    `insert into latchkey.finished_flows (id, expires_at)
     select n::text, now() + case when n <= 2500 then interval '-1 second' else interval '1 hour' end
     from generate_series(1, 2501) n`,
    `insert into latchkey.request_counts (key, count, expires_at)
     select at::text, 60, now() + at from unnest(array['-1 second', '1 minute']::interval[]) at`,
  ]
  for (const statement of statements) await database.query(statement, [])
}

test('a sweep removes what is over, in bounded batches, and nothing that is not', async () => {
  await fill()
  // A thousand flows, and one each of request counts, refresh tokens, codes of both kinds and sessions.
  expect(await sweepBatch(database)).toEqual({ removed: 1005, more: true })
  expect(await sweepBatch(database)).toEqual({ removed: 1000, more: true })
  expect(await sweepBatch(database)).toEqual({ removed: 500, more: false })
  expect(await sweepBatch(database)).toEqual({ removed: 0, more: false })
  expect(await count('finished_flows')).toBe(1)
  expect(await count('sessions')).toBe(1)
  expect(await count('request_counts')).toBe(1)
  expect(await count('refresh_tokens')).toBe(1)
  expect(await count('login_codes')).toBe(1)
  expect(await count('link_codes')).toBe(1)
  expect(await count('users')).toBe(1)
})

test('rows that another replica is removing are passed over', async () => {
  await database.query(
    `insert into latchkey.finished_flows (id, expires_at) values ('held', now() - interval '1 second')`,
    [],
  )
  await database.sql.begin(async (transaction) => {
    await transaction`select 1 from latchkey.finished_flows where id = 'held' for update`
    expect(await sweepBatch(database)).toMatchObject({ removed: 0 })
  })
  expect(await sweepBatch(database)).toMatchObject({ removed: 1 })
})
