import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Emulator, startEmulator } from '../../src/emulator/index.ts'
import { askMe, post } from '../helpers/apps.ts'
import { Browser } from '../helpers/browser.ts'
import { runDoctor } from '../helpers/doctor.ts'
import {
  type InstalledPostgres,
  startInstalledPostgres,
  whyNoInstalledPostgres,
} from '../helpers/installed-postgres.ts'
import { startProgram, whyMissing } from '../helpers/programs.ts'
import { type RoundRobin, startRoundRobin } from '../helpers/round-robin.ts'
import {
  freePort,
  newFolder,
  type ServerProcess,
  startServerProcess,
} from '../helpers/server-process.ts'
import { aim, blockWith, english, onlyBlock, settingsIn } from './texts.ts'

const page = english('production')
const PASSWORD = 'a password/of the role'
const missing = whyMissing('pgbouncer') ?? (await whyNoInstalledPostgres())

describe('PgBouncer with the configuration of docs/production.md, in front of an installed PostgreSQL', () => {
  let folder: Awaited<ReturnType<typeof newFolder>>
  let server: InstalledPostgres
  let stopPooler: () => Promise<void>
  let balancer: RoundRobin
  let emulator: Emulator
  let env: Record<string, string>
  let replicas: ServerProcess[]

  beforeAll(async () => {
    if (missing !== null) return
    folder = await newFolder()
    server = await startInstalledPostgres()
    const role = blockWith(page, 'sql', 'create role')
    await server.asSuperuser(aim(role, { '…': PASSWORD }))
    await server.asSuperuser(blockWith(page, 'sql', 'alter role'))

    const port = await freePort()
    const users = join(folder.path, 'userlist.txt')
    await writeFile(users, `"latchkey" "${PASSWORD}"\n`)
    const file = join(folder.path, 'pgbouncer.ini')
    const configuration = aim(onlyBlock(page, 'ini'), {
      'host=10.0.0.20 port=5432': `host=127.0.0.1 port=${server.port}`,
      'listen_addr = 10.0.0.21': 'listen_addr = 127.0.0.1',
      'listen_port = 6432': `listen_port = ${port}`,
      '/etc/pgbouncer/userlist.txt': users,
    })
    await writeFile(file, `${configuration}unix_socket_dir =\n`)
    for (const one of [users, file]) await chmod(one, 0o644)
    const settings = settingsIn(blockWith(page, 'sh', 'DATABASE_PREPARE=off'))
    settings.DATABASE_URL = aim(settings.DATABASE_URL ?? '', {
      '…': encodeURIComponent(PASSWORD),
      '10.0.0.21:6432': `127.0.0.1:${port}`,
    })
    const answers = () => asLatchkey(settings.DATABASE_URL ?? '', 'select 1')
    stopPooler = await startProgram('pgbouncer', [file], answers, { file, user: server.user })

    balancer = await startRoundRobin()
    emulator = await startEmulator({
      providers: ['google'],
      redirectUris: (id) => `${balancer.url}/login/${id}/callback`,
    })
    const google = Object.entries(emulator.settings.google ?? {})
    env = {
      ...settings,
      ...Object.fromEntries(google.map(([name, value]) => [`GOOGLE_${name}`, value])),
      // More connections than the pooler has to the server.
      DATABASE_POOL: '20',
      PUBLIC_URL: balancer.url,
      SECRET: 'a secret of the tests with more than 32 characters',
    }
    // At once, on an empty database: one migrates.
    replicas = await Promise.all([1, 2].map(() => start()))
    await Promise.all(replicas.map(({ serving }) => serving))
    balancer.targets.push(...replicas.map(({ url }) => url))
  })
  beforeEach(({ skip }) => skip(missing !== null, missing ?? ''))
  afterAll(async () => {
    if (missing !== null) return
    await Promise.all(replicas.map((replica) => replica.stop()))
    await emulator.close()
    await balancer.close()
    await stopPooler()
    await server.stop()
    await folder.remove()
  })

  const start = async (changes: Record<string, string> = {}) =>
    startServerProcess({ ...env, ...changes }, { cwd: folder.path, port: await freePort() })

  /** One statement on a connection of its own. */
  async function asLatchkey(url: string, statement: string) {
    const sql = postgres(url, { max: 1, prepare: false, fetch_types: false })
    return [...(await sql.unsafe(statement).finally(() => sql.end()))]
  }

  const signIn = (persona: string) =>
    new Browser().follow(`${balancer.url}/login/google?login_hint=${persona}`)
  const me = (token: unknown) => askMe(balancer, token)

  test('two replicas that started at once have migrated once, through the pooler', async () => {
    const [applied] = await server.asSuperuser<{ all: number; different: number }>(
      'select count(*)::int as all, count(distinct hash)::int as different from drizzle.latchkey_migrations',
      'latchkey',
    )
    expect(applied?.all).toBeGreaterThan(0)
    expect(applied?.different).toBe(applied?.all)
    const [keys, sameKeys] = await Promise.all(
      replicas.map(({ url }) => new Browser().send(`${url}/.well-known/jwks.json`)),
    )
    // One of each algorithm: the other replica made none of its own.
    const shown = keys?.json().keys as { alg: string }[] | undefined
    const algorithms = shown?.map(({ alg }) => alg) ?? []
    expect(algorithms).toEqual([...new Set(algorithms)])
    expect(sameKeys?.json()).toEqual(keys?.json())
  })

  test('thirty logins at once, over both replicas, are three people whose tokens open /me and refresh', async () => {
    const personas = Array.from({ length: 10 }, () => ['minji', 'alex', 'sora']).flat()
    const logins = await Promise.all(personas.map(signIn))
    expect(new Set(logins.map(({ status }) => status))).toEqual(new Set([200]))
    const users = logins.map((answer) => answer.json().user as { sub: string })
    expect(new Set(users.map(({ sub }) => sub)).size).toBe(3)

    const shown = await Promise.all(logins.map((answer) => me(answer.json().access_token)))
    expect(shown.map((answer) => answer.json().sub)).toEqual(users.map(({ sub }) => sub))
    const refreshed = await Promise.all(
      logins.map((answer) =>
        post(`${balancer.url}/token`, {
          grant_type: 'refresh_token',
          client_id: 'latchkey',
          refresh_token: String(answer.json().refresh_token),
        }),
      ),
    )
    expect(new Set(refreshed.map(({ status }) => status))).toEqual(new Set([200]))
    expect((await me(refreshed[0]?.json().access_token)).status).toBe(200)

    const [pooled] = await server.asSuperuser<{ count: number }>(
      `select count(*)::int from pg_stat_activity where usename = 'latchkey'`,
    )
    expect(pooled?.count).toBeLessThanOrEqual(20)
  })

  test('needs DATABASE_PREPARE=off for that', async () => {
    const refused = await start({ DATABASE_PREPARE: 'on' })
    expect((await refused.ended).code).toBe(1)
    expect(refused.stderr()).toContain(
      '(08P01) A pooler such as PgBouncer refuses it: set DATABASE_PREPARE=off,',
    )
    const taken = await start()
    await taken.serving
    await taken.stop()
  })

  test('is known to the doctor', async () => {
    const { DATABASE_URL = '' } = env
    const on = await runDoctor({ DATABASE_URL }, { offline: true })
    expect(on.text).toContain('✗ It cannot be used (08P01)')
    expect(on.text).toContain('PgBouncer refuses it')
    const off = await runDoctor({ DATABASE_URL, DATABASE_PREPARE: 'off' }, { offline: true })
    expect(off.text).toContain('✓ All migrations are applied.')
  })

  test('says itself what it does not take: options', async () => {
    const settings = { DATABASE_URL: `${env.DATABASE_URL}?options=-c%20work_mem%3D8MB` }
    const report = await runDoctor({ ...settings, DATABASE_PREPARE: 'off' }, { offline: true })
    expect(report.text).toContain('✗ It cannot be used (08P01)')
    expect(report.text).toMatch(/PostgreSQL says: unsupported startup parameter.*options/)
  })

  test('has the time limits of the role, which end a statement that takes too long', async () => {
    const url = env.DATABASE_URL ?? ''
    expect(await asLatchkey(url, 'show statement_timeout')).toEqual([{ statement_timeout: '5s' }])
    expect(await asLatchkey(url, 'show idle_in_transaction_session_timeout')).toEqual([
      { idle_in_transaction_session_timeout: '10s' },
    ])
    await expect(asLatchkey(url, 'select pg_sleep(8)')).rejects.toMatchObject({ code: '57014' })
    expect(await asLatchkey(url, 'select pg_sleep(0.1)')).toHaveLength(1)
  })
})
