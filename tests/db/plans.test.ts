import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN_CLI } from '../../src/core/events/audit.ts'
import { toProfile } from '../../src/core/identity/profile.ts'
import { hashToken, randomToken } from '../../src/core/secrets.ts'
import { type Database, openDatabase, type RunStatement } from '../../src/db/client.ts'
import { createStores, type Stores } from '../../src/db/stores/index.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'
import { RULES } from '../helpers/rules.ts'
import { newSession } from '../helpers/stores.ts'

const USERS = 20_000
/** Tables that grow with people and what they do. */
const GROWING = [
  ...['users', 'identities', 'sessions', 'refresh_tokens', 'login_codes', 'audit_events'],
  ...['finished_flows', 'request_counts'],
]

let testDatabase: TestDatabase
let database: Database
let stores: Stores
/** Each statement that a store ran, and the tables that PostgreSQL would read from end to end for it. */
const scanned = new Map<string, string[]>()

const id = (n: number, kind: 'a' | 'b') =>
  `0190${kind.repeat(4)}-0000-7000-8000-${n.toString(16).padStart(12, '0')}`

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase(testDatabase.connection, { connections: 4, prepare: true })
  const fill = `
    insert into latchkey.users (id)
      select ('0190aaaa-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid from generate_series(1, ${USERS}) n;
    insert into latchkey.identities
      (provider, issuer, subject, user_id, email, email_verified, gives_email, name)
      select (array['google', 'kakao', 'github'])[1 + n % 3], '', 'person-' || n,
        ('0190aaaa-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
        'person-' || n || '@example.com', n % 10 > 0, true, 'Person ' || n
      from generate_series(1, ${USERS}) n;
    insert into latchkey.sessions (id, user_id, client_id, provider, issuer, subject, scope, expires_at)
      select ('0190bbbb-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
        ('0190aaaa-0000-7000-8000-' || lpad(to_hex(1 + n % ${USERS}), 12, '0'))::uuid,
        'spa', 'google', '', 'person-' || n, 'account', now() + interval '30 days'
      from generate_series(1, ${USERS} * 2) n;
    insert into latchkey.refresh_tokens (hash, session_id, expires_at)
      select sha256(id::text::bytea), id, now() + interval '14 days' from latchkey.sessions;
    insert into latchkey.login_codes (hash, session_id, redirect_uri, code_challenge, expires_at)
      select sha256(id::text::bytea), id, 'https://a.example', 'c', now() + interval '1 minute'
      from latchkey.sessions;
    insert into latchkey.finished_flows (id, expires_at)
      select 'flow-' || n, now() + interval '20 minutes' from generate_series(1, ${USERS}) n;
    insert into latchkey.request_counts (key, count, expires_at)
      select 'key-' || n, 1, now() + interval '1 minute' from generate_series(1, ${USERS}) n`
  const tables = ['users', 'identities', 'sessions']
  for (const what of ['disable', 'enable']) {
    for (const table of tables) {
      await database.query(`alter table latchkey.${table} ${what} trigger user`, [])
    }
    if (what === 'disable') for (const text of fill.split(';')) await database.query(text, [])
  }
  await database.query('analyze', [])
  stores = createStores(watched(database), RULES)
}, 60_000)
afterAll(async () => {
  await database.close()
  await testDatabase.drop()
})

/** The same database; what PostgreSQL plans for each statement is looked at before it runs. */
function watched(real: Database): Database {
  const watch =
    (run: RunStatement): RunStatement =>
    async (text, parameters, options) => {
      const rows = await run<object>(`explain (format json) ${text}`, parameters)
      // As the server plans a prepared statement that it has seen often, whatever its parameters.
      const often = await real.sql.unsafe(`explain (generic_plan, format json) ${text}`).simple()
      const plan = JSON.stringify([rows, often])
      const found = [...plan.matchAll(/"Node Type":"Seq Scan"[^{}]*?"Relation Name":"(\w+)"/g)]
      scanned.set(
        text,
        found.map(([, table = '']) => table),
      )
      return run(text, parameters, options)
    }
  return {
    ...real,
    query: watch(real.query),
    transaction: (work) => real.transaction((run) => work(watch(run))),
  }
}

const signIn = (
  provider: string,
  subject: string,
  email: string | null,
  emailVerified: boolean,
) => {
  const opened = newSession()
  return stores.signIns
    .signIn({ provider, issuer: '', subject }, toProfile({ subject, email, emailVerified }), opened)
    .then(({ account, decision }) => ({
      decision,
      own: { userId: account.sub, sessionId: opened.id },
    }))
}

/** A flow that is finished, fails and is asked for again; a code; a refresh token that is rotated, late and repeated. */
async function runTokens(): Promise<void> {
  const { usedFlows, tokens, requestCounts } = stores
  await usedFlows.finish('flow', 60)
  await usedFlows.fail('flow', {
    ...{ error: 'access_denied', error_description: 'No.' },
    refusal: null,
  })
  await usedFlows.find('flow', { sessionId: id(1, 'b'), linkCode: hashToken('x') })
  await requestCounts.count('key', 60)
  const hashOf = (text: string) => createHash('sha256').update(text).digest()
  const asker = null
  const code = { asker, hash: hashOf('code'), clientId: 'spa' }
  const binding = { redirectUri: 'https://a.example', codeChallenge: 'c' }
  await stores.signIns.signIn(
    { provider: 'github', issuer: '', subject: 'person-2' },
    toProfile({ subject: 'person-2' }),
    newSession({
      refreshToken: null,
      code: { ...binding, hash: code.hash, nonce: null, ttlSeconds: 60 },
    }),
  )
  const successors = (name: string) => ({
    ...{ hashes: [hashOf(name)], ttlSeconds: 60 },
    ...{ sessionTtlSeconds: 60, sessionsPerUser: 100 },
  })
  for (const redirectUri of ['https://a.example', 'https://b.example']) {
    await tokens.redeemCode({ ...code, ...binding, redirectUri }, successors('first'))
  }
  expect(await tokens.redeemCode({ ...code, ...binding }, successors('first'))).toHaveProperty(
    'session',
  )
  const token = {
    asker,
    clientId: 'spa',
    sessionId: id(7, 'b'),
    fromCookie: false,
    scopes: [],
    resources: [],
  }
  const shown = { ...token, hash: hashOf(id(7, 'b')) }
  expect(await tokens.rotate(shown, successors('second'))).toMatchObject({ outcome: 'rotated' })
  expect(await tokens.rotate(shown, successors('second'))).toMatchObject({ outcome: 'rotated' })
  await tokens.rotate({ ...shown, hash: hashOf('unknown') }, successors('third'))
}

test('nothing that people and apps ask for reads a table that grows from end to end', async () => {
  // Returning, new with and without an address that counts, and joining.
  const subject = randomUUID()
  const known = await signIn('kakao', 'person-1', 'person-1@example.com', true)
  expect(known.decision.action).toBe('known')
  expect((await signIn('google', subject, null, false)).decision.action).toBe('create')
  const fresh = await signIn('google', randomUUID(), `${subject}@example.com`, true)
  expect(fresh.decision.action).toBe('create')
  const joined = await signIn('google', randomUUID(), 'person-7@example.com', true)
  expect(joined.decision.action).toBe('join')

  const { accounts, identities, sessions, linkCodes, adminUsers } = stores
  const { own } = joined
  await Promise.all(
    [own, known.own, { userId: id(3, 'a'), sessionId: id(2, 'b') }].map(accounts.findBySession),
  )
  await accounts.findBySession(own)
  await accounts.edit(own, { name: 'Ann' })
  for await (const _ of (await accounts.exportBySession(own)) ?? []);
  await sessions.list(own)
  await sessions.standing(own, 60)
  const key = { provider: 'github', issuer: '', subject: randomUUID() }
  const profile = toProfile({ subject: key.subject })
  expect(await identities.link(own, { key, profile, tokens: null }, null)).toMatchObject({
    outcome: 'linked',
  })
  const leaving = { revocable: ['github'], reauthSeconds: null }
  expect(await identities.unlink(own, 'github', leaving)).toMatchObject({ outcome: 'unlinked' })
  const hash = hashToken(randomToken())
  const binding = { hash, clientId: 'spa', redirectUri: 'https://a.example', codeChallenge: 'c' }
  await linkCodes.keep({ key, profile, tokens: null }, { ...binding, ttlSeconds: 60 })
  await linkCodes.take(binding, own.userId)
  for (const text of ['', 'person-9', 'person-77@', id(9, 'a')]) {
    await adminUsers.find(text, { after: null, limit: 10 })
  }
  await adminUsers.change(own.userId, { isDisabled: false }, ADMIN_CLI)
  await adminUsers.endSessions(own.userId, ADMIN_CLI)
  await accounts.remove(known.own, leaving)

  await runTokens()
  for (let batch = 0; batch < 2; batch++) await stores.sweepBatch()

  expect(scanned.size).toBeGreaterThan(30)
  const slow = [...scanned].filter(([, tables]) => tables.some((one) => GROWING.includes(one)))
  expect(slow.map(([text, tables]) => [tables, text.slice(0, 300)])).toEqual([])
  // The control: what has no index is seen to be read whole.
  await watched(database).query('select id from latchkey.users where name = $1', ['x'])
  expect([...scanned].at(-1)?.[1]).toContain('users')
})
