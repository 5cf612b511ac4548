import Fastify from 'fastify'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ADMIN_CLI } from '../../src/core/events/audit.ts'
import { dropPartitions } from '../../src/db/partitions.ts'
import { createAdminUsers } from '../../src/db/stores/account/admin-users.ts'
import { createAudit } from '../../src/db/stores/events/audit.ts'
import { keepMonths } from '../../src/events/months.ts'
import { runAdmin } from '../helpers/admin.ts'
import { APPS, authorizationQuery } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { login, startLatchkey } from '../helpers/latchkey.ts'
import { lastProblem } from '../helpers/problems.ts'
import { RULES } from '../helpers/rules.ts'
import { newFolder } from '../helpers/server-process.ts'
import { setStage } from '../helpers/stage.ts'

const { latchkey, provider } = setStage({
  settings: APPS,
  people: () => ({ email: 'minji@example.com' }),
})

const audit = () => createAudit(latchkey.database)
const typesOf = async (userId: string) =>
  (await audit().list({ userId, limit: 100 })).map(({ type }) => type)

interface SignedIn {
  access_token: string
  user: { sub: string }
}

const signIn = async () =>
  (await login(latchkey, provider, new Browser())).json() as unknown as SignedIn

test('a first login records its user, identity and session, and a second one its session only', async () => {
  const { user } = await signIn()
  expect((await typesOf(user.sub)).sort()).toEqual([
    'identity.linked',
    'session.created',
    'user.created',
  ])
  await signIn()
  expect((await typesOf(user.sub)).filter((type) => type === 'session.created')).toHaveLength(2)
  expect(await typesOf(user.sub)).toHaveLength(4)
  const [begun] = await audit().list({ userId: user.sub, type: 'session', limit: 1 })
  expect(begun).toMatchObject({ clientId: 'latchkey', provider: 'fake', userAgent: 'node' })
  const [made] = await audit().list({ userId: user.sub, type: 'user.created', limit: 1 })
  expect(made).toMatchObject({ sessionId: null, clientId: null, provider: null, reason: null })
  const [linked] = await audit().list({ userId: user.sub, type: 'identity.linked', limit: 1 })
  expect(linked).toMatchObject({ sessionId: null, provider: 'fake', reason: 'email_not_verified' })
  for (const row of [made, linked]) {
    expect(row).toMatchObject({ at: begun?.at, requestId: begun?.requestId, userAgent: 'node' })
  }
  expect(begun?.address).toMatch(/127\.0\.0\.1|::1/)
  const ids = (await audit().list({ userId: user.sub, limit: 100 })).map(({ id }) => id)
  expect(new Set(ids).size).toBe(4)
})

test('what a person does with the account is recorded, and what changes nothing is not', async () => {
  const { user, access_token } = await signIn()
  const authorization = `Bearer ${access_token}`
  const patch = (body: object) =>
    fetch(`${latchkey.url}/me`, {
      method: 'PATCH',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  await patch({ name: 'Minji' })
  await patch({ name: 'Minji' })
  expect((await typesOf(user.sub)).filter((type) => type === 'user.updated')).toHaveLength(1)
})

test('a login that finds the person changed at the provider records that, and no other login does', async () => {
  const persons: Record<string, string | boolean>[] = [
    { email: 'changing@example.com', name: 'Minji' },
    { email: 'changing@example.com', name: 'Minji' },
    { email: 'changing@example.com' },
    { email: 'changing@example.com', name: 'Minji Kim' },
    { email: 'changed@example.com', name: 'Minji Kim' },
  ]
  provider.subject = 'who-changes'
  const counts: number[] = []
  for (const person of persons) {
    provider.person = person
    const { user } = await signIn()
    counts.push((await typesOf(user.sub)).filter((type) => type === 'user.updated').length)
    if (person.name !== 'Minji Kim') continue
    const last = async (type: string) =>
      (await audit().list({ userId: user.sub, type, limit: 100 })).at(-1)
    const { at, requestId, address, userAgent } = (await last('session.created')) ?? {}
    const bears = { at, requestId, address, userAgent, provider: 'fake', clientId: null }
    expect(await last('user.updated')).toMatchObject(bears)
    expect(requestId).toMatch(/^[\w-]{8,}$/)
  }
  expect(counts).toEqual([0, 0, 0, 1, 2])
})

test('who is deleted leaves rows without address and user agent; nobody else’s are touched', async () => {
  const other = await signIn()
  provider.subject = 'somebody-else'
  provider.person = { email: 'somebody-else@example.com' }
  const { user, access_token } = await signIn()
  expect(user.sub).not.toBe(other.user.sub)
  const gone = await fetch(`${latchkey.url}/me`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${access_token}` },
  })
  expect(gone.status).toBe(204)
  const rows = await audit().list({ userId: user.sub, limit: 100 })
  expect(rows.map(({ type }) => type).sort()).toEqual([
    'identity.linked',
    'session.created',
    'session.ended',
    'user.created',
    'user.deleted',
  ])
  expect(rows.filter(({ address, userAgent }) => address !== null || userAgent !== null)).toEqual(
    [],
  )
  const [kept] = await audit().list({ userId: other.user.sub, type: 'session.created', limit: 1 })
  expect(kept).toMatchObject({ address: expect.stringMatching(/\d/) })
})

test('each thing that a request did bears the request’s id, address and user agent', async () => {
  const { user, access_token } = await signIn()
  const headers = { authorization: `Bearer ${access_token}`, 'user-agent': 'an app' }
  const begun = await audit().list({ userId: user.sub, limit: 10 })
  expect(begun).toHaveLength(3)
  expect(new Set(begun.map(({ requestId }) => requestId)).size).toBe(1)
  const patch = { method: 'PATCH', body: '{"name":"A"}' }
  const json = { 'content-type': 'application/json' }
  await fetch(`${latchkey.url}/me`, { ...patch, headers: { ...headers, ...json } })
  const revocation = new URLSearchParams({ token: access_token, client_id: 'latchkey' })
  await fetch(`${latchkey.url}/revoke`, { method: 'POST', headers, body: revocation })
  for (const type of ['user.updated', 'session.ended']) {
    const [row] = await audit().list({ userId: user.sub, type, limit: 1 })
    expect(row).toMatchObject({
      userAgent: 'an app',
      requestId: expect.stringMatching(/^[\w-]{8,}$/),
    })
    expect(row?.address).toMatch(/127\.0\.0\.1|::1/)
    expect(row?.requestId).not.toBe(begun[0]?.requestId)
  }
})

test('what an operator does says so: by the command line, or by which client of the admin API', async () => {
  const { user } = await signIn()
  const users = createAdminUsers(latchkey.database, RULES)
  await users.change(user.sub, { isDisabled: true }, ADMIN_CLI)
  await users.change(
    user.sub,
    { isDisabled: false },
    {
      ...{ requestId: 'r-1', address: '192.0.2.1', userAgent: 'a program' },
      ...{ clientId: 'backoffice', reason: 'admin_api' },
    },
  )
  const of = async (type: string) => (await audit().list({ userId: user.sub, type, limit: 1 }))[0]
  expect(await of('user.disabled')).toMatchObject({ reason: 'admin_cli', clientId: null })
  expect(await of('user.enabled')).toMatchObject({
    ...{ reason: 'admin_api', clientId: 'backoffice', address: '192.0.2.1', requestId: 'r-1' },
  })
})

test('a session that ends is recorded with its reason, whatever ended it', async () => {
  const { user } = await signIn()
  await latchkey.database.query(
    `update latchkey.sessions set ended_at = now(), end_reason = 'too_many' where user_id = $1`,
    [user.sub],
  )
  const [ended] = await audit().list({ userId: user.sub, type: 'session.ended', limit: 1 })
  expect(ended).toMatchObject({ reason: 'too_many', clientId: 'latchkey', provider: 'fake' })
})

test('a sign-in that fails is recorded for its app, where its flow is known and only there', async () => {
  const failed = () => audit().list({ type: 'sign_in.failed', limit: 10 })
  const browser = new Browser()
  const { location } = await browser.send(`${latchkey.url}/login/fake${authorizationQuery()}`)
  const state = location?.searchParams.get('state') ?? ''
  const callback = `${latchkey.url}/login/fake/callback?error=access_denied&state=${state}`
  await new Browser().send(callback)
  expect(await failed()).toEqual([])
  await browser.send(callback)
  expect(await failed()).toMatchObject([
    { clientId: 'spa', provider: 'fake', reason: 'access_denied', userId: null },
  ])
})

test('so is one that has no app; what is shown in place of a flow is not: anybody can show that', async () => {
  const failed = () => audit().list({ type: 'sign_in.failed', limit: 10 })
  const before = (await failed()).length
  const browser = new Browser()
  const { location } = await browser.send(`${latchkey.url}/login/fake`)
  const state = location?.searchParams.get('state') ?? ''
  await browser.send(`${latchkey.url}/login/fake/callback?error=access_denied&state=${state}`)
  expect((await failed()).slice(before)).toMatchObject([
    { clientId: 'latchkey', provider: 'fake', reason: 'access_denied' },
  ])
  await browser.send(`${latchkey.url}/login/fake/callback?error=access_denied&state=${state}`)
  const native = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: 'e30.e30.x',
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    subject_issuer: 'fake',
    client_id: 'spa',
  })
  const answer = await fetch(`${latchkey.url}/token`, { method: 'POST', body: native })
  expect(answer.status).toBe(400)
  expect(await failed()).toHaveLength(before + 1)
})

test('of more than can be shown the newest are, and from a beginning on the oldest', async () => {
  await latchkey.database.query(
    `insert into latchkey.audit_events (type, at) select 'admin.many', now() - n * interval '1 s'
     from generate_series(1, 10500) n`,
    [],
  )
  const folder = await newFolder()
  onTestFinished(folder.remove)
  const read = async (...args: string[]) => {
    const terminal = { cwd: folder.path, env: { DATABASE_URL: latchkey.testDatabase.url } }
    const typed = ['audit', '--type', 'admin.many', '--json', ...args]
    const { stdout, stderr } = await runAdmin(terminal, typed)
    const times = (JSON.parse(stdout) as { at: string }[]).map(({ at }) => Date.parse(at))
    expect(times).toEqual([...times].sort((a, b) => a - b))
    return {
      stderr,
      count: times.length,
      age: Math.round((Date.now() - (times.at(-1) ?? 0)) / 1000),
    }
  }
  const newest = await read()
  expect(newest).toMatchObject({
    count: 10_000,
    stderr: expect.stringMatching(/^Only the newest /),
  })
  expect(newest.age).toBeLessThan(120)
  const oldest = await read('--since', '7d')
  expect(oldest).toMatchObject({
    count: 10_000,
    stderr: expect.stringMatching(/^Only the oldest /),
  })
  expect(oldest.age).toBeGreaterThan(400)
  expect(await read('--since', '5m')).toMatchObject({ stderr: '' })
})

test('months are made three ahead, and whole months past retention are dropped', async () => {
  const { database } = latchkey
  const months = async () =>
    (
      await database.query<{ name: string }>(
        `select inhrelid::regclass::text as name from pg_inherits
         where inhparent = 'latchkey.audit_events'::regclass`,
        [],
      )
    ).length
  expect(await months()).toBe(4)
  await audit().makePartitions()
  expect(await months()).toBe(4)
  await database.query(
    `create table latchkey.audit_events_2024_01 partition of latchkey.audit_events
     for values from ('2024-01-01Z') to ('2024-02-01Z')`,
    [],
  )
  const century = 100 * 365 * 86_400
  expect(await database.transaction((run) => dropPartitions(run, century))).toBe(0)
  await signIn()
  expect(await audit().dropPartitions(400 * 86_400)).toBe(1)
  expect(await months()).toBe(4)
})

test('a clock that jumped ahead drops no month: the database’s, the process’s and the newest row must be past it', async () => {
  const server = await startLatchkey(provider.settings())
  onTestFinished(() => server.close())
  const { database } = server
  const year = new Date().getUTCFullYear()
  await database.query(
    `create table latchkey.audit_events_2020_01 partition of latchkey.audit_events
     for values from ('2020-01-01Z') to ('2020-02-01Z')`,
    [],
  )
  await database.query(
    `insert into latchkey.audit_events (at, type) values ('2020-01-15Z', 'user.created')`,
    [],
  )
  const years = (many: number) => many * 365 * 86_400
  /** The months that go where a clock says another year than it is. */
  const dropped = async (clocks: { database?: number; process?: number }) => {
    const ahead = (at: number, of: number | undefined) =>
      at + ((of ?? year) - year) * years(1) * 1000
    const real = Date.now()
    const own = vi.spyOn(Date, 'now').mockReturnValue(ahead(real, clocks.process))
    try {
      return await database.transaction((run) =>
        dropPartitions(
          (text, ...rest) =>
            text.includes('epoch from now()')
              ? Promise.resolve([{ ms: ahead(real, clocks.database) }] as never[])
              : run(text, ...rest),
          years(1),
        ),
      )
    } finally {
      own.mockRestore()
    }
  }
  // Nothing was recorded since that January: only the newest row keeps it.
  expect(await dropped({})).toBe(0)
  await login(server, provider)
  expect(await dropped({ process: 2020 })).toBe(0)
  expect(await dropped({ database: 2020 })).toBe(0)
  expect(await dropped({})).toBe(1)
})

test('months are looked for each minute: a database whose clock is set for months ahead is told as busy until then', async () => {
  const server = await startLatchkey(provider.settings())
  onTestFinished(() => server.close())
  expect((await login(server, provider)).status).toBe(200)
  const partitions = `select inhrelid::regclass::text as name from pg_inherits
    where inhparent = 'latchkey.audit_events'::regclass`
  for (const { name } of await server.database.query<{ name: string }>(partitions)) {
    await server.database.query(`drop table ${name}`)
  }
  expect((await login(server, provider)).status).toBe(503)
  expect(lastProblem(server)).toMatchObject({ database: '23514', reason: 'no_month' })

  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  onTestFinished(() => void vi.useRealTimers())
  const app = Fastify()
  onTestFinished(() => app.close())
  const { makePartitions } = createAudit(server.database)
  const asked: string[] = []
  keepMonths(app, {
    audit: {
      makePartitions: async () => {
        asked.push('make')
        // Only the second look finds the clock set.
        if (asked.length > 2) await makePartitions()
      },
      dropPartitions: async () => {
        asked.push('drop')
        return 0
      },
    },
    retentionSeconds: 400 * 86_400,
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  expect(asked).toEqual(['make', 'drop'])
  vi.advanceTimersByTime(60_000)
  await app.close()
  expect(asked).toEqual(['make', 'drop', 'make'])
  expect((await login(server, provider)).status).toBe(200)
})
