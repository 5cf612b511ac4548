import postgres from 'postgres'
import { afterEach, describe, expect, test } from 'vitest'
import { translate } from '../../../src/db/connection/failures.ts'
import { APPS, authorize, readTokens, refresh, signIn } from '../../helpers/apps.ts'
import { countRows, login } from '../../helpers/latchkey.ts'
import { expectOAuthError, lastOAuthError } from '../../helpers/oauth.ts'
import { expectProblem, lastProblem } from '../../helpers/problems.ts'
import { setStage } from '../../helpers/stage.ts'

const { provider, latchkey } = setStage({ settings: APPS })

/** From now on the database refuses each new row of this table, with this code and a text that nobody may read. */
async function refuse(table: string, code: string): Promise<void> {
  const text = 'SECRET of latchkey.sessions at /var/lib/postgresql'
  await latchkey.database.sql.unsafe(
    `create or replace function latchkey.refuse_all() returns trigger language plpgsql as
       $$ begin raise exception '${text}' using errcode = '${code}'; end $$;
     create or replace trigger refuse_all before insert on latchkey.${table}
       for each row execute function latchkey.refuse_all()`,
  )
}
const letAll = (table: string) =>
  latchkey.database.sql.unsafe(`drop trigger if exists refuse_all on latchkey.${table}`)
afterEach(async () => {
  for (const table of ['sessions', 'refresh_tokens']) await letAll(table)
})

describe('11.07 a database that is', () => {
  test.each([
    ['full', '53100'],
    ['without memory', '53200'],
    ['read-only', '25006'],
    ['at odds with another transaction', '40001'],
    ['in a ring of waiting', '40P01'],
    ['being shut down', '57P01'],
    ['behind a pooler that lost a prepared statement', '26000'],
    ['behind a pooler that has another prepared statement by that name', '42P05'],
    ['on a disk that fails', '58030'],
  ])(
    '%s gives 503, no token is issued that was not stored, and all is well again',
    async (...row) => {
      const [, code] = row
      const tokens = await signIn(latchkey, provider)
      const before = await countRows(latchkey)
      await refuse('sessions', code)
      const direct = await login(latchkey, provider)
      expectProblem(direct, 503, 'temporarily_unavailable')
      expect(direct.headers.get('retry-after')).toMatch(/^\d+$/)
      const told = await authorize(latchkey, provider)
      expect(told.location?.searchParams.get('error')).toBe('temporarily_unavailable')
      expect(await countRows(latchkey)).toEqual(before)
      await letAll('sessions')
      await refuse('refresh_tokens', code)
      const refused = await refresh(latchkey, tokens.refresh_token)
      expectOAuthError(refused, 503, 'temporarily_unavailable')
      expect(lastOAuthError(latchkey)).toMatchObject({ database: code })
      await letAll('refresh_tokens')
      // As it was: nothing of the refusal is kept.
      readTokens(await refresh(latchkey, tokens.refresh_token))
      expect((await login(latchkey, provider)).status).toBe(200)
    },
  )
})

test('11.03 a database that lets nobody in gives 503 whatever it calls that, and the same works afterwards', async () => {
  const tokens = await signIn(latchkey, provider)
  const { database } = latchkey.testDatabase.connection
  const elsewhere = { ...latchkey.testDatabase.connection, database: 'postgres' }
  const operator = postgres({ ...elsewhere, max: 1 })
  try {
    // As before a copy or a move: 55000, which is no failure of the database where a statement says it.
    await operator.unsafe(`alter database ${database} allow_connections false`)
    await operator.unsafe(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = '${database}'`,
    )
    const away = await refresh(latchkey, tokens.refresh_token)
    expectOAuthError(away, 503, 'temporarily_unavailable')
    const again = await login(latchkey, provider)
    expectProblem(again, 503, 'temporarily_unavailable')
    expect(lastProblem(latchkey)).toMatchObject({ database: '55000' })
  } finally {
    await operator.unsafe(`alter database ${database} allow_connections true`)
    await operator.end()
  }
  readTokens(await refresh(latchkey, tokens.refresh_token))
})

test('a log line of what a pooler does to prepared statements names the setting', async () => {
  await refuse('sessions', '26000')
  expectProblem(await login(latchkey, provider), 503, 'temporarily_unavailable')
  expect(lastProblem(latchkey)).toMatchObject({ database: '26000', set: 'DATABASE_PREPARE=off' })
  // The control: another reason to come again.
  await refuse('sessions', '53200')
  expectProblem(await login(latchkey, provider), 503, 'temporarily_unavailable')
  expect(lastProblem(latchkey)).not.toHaveProperty('set')
})

test.each(['P0001', '42501', 'XX000', '22P02'])(
  '10.16 what else a database refuses (%s) is a general error, and its text goes nowhere',
  async (code) => {
    const tokens = await signIn(latchkey, provider)
    await refuse('sessions', code)
    const direct = await login(latchkey, provider)
    expectProblem(direct, 500, 'server_error')
    expect(lastProblem(latchkey)).toMatchObject({ database: code })
    const told = await authorize(latchkey, provider)
    expect(told.location?.searchParams.get('error')).toBe('server_error')
    await refuse('refresh_tokens', code)
    const refused = await refresh(latchkey, tokens.refresh_token)
    expectOAuthError(refused, 500, 'server_error')
    const all = [direct.text, told.location?.href, refused.text, ...latchkey.logs].join('\n')
    expect(all).not.toMatch(/SECRET of|\/var\/lib|insert into|plpgsql|node_modules/i)
    await letAll('refresh_tokens')
    readTokens(await refresh(latchkey, tokens.refresh_token))
  },
)

test.each([
  ['EMFILE', 'temporarily_unavailable'],
  ['ENFILE', 'temporarily_unavailable'],
  ['EADDRNOTAVAIL', 'temporarily_unavailable'],
  // The control: a fault of ours.
  ['ERR_INVALID_ARG_TYPE', 'server_error'],
])('a connection that this machine cannot make (%s) is %s', (code, expected) => {
  const failure = Object.assign(new Error('connect /run/postgresql'), { code })
  expect(translate(failure)).toMatchObject({ code: expected, evidence: { database: code } })
})
