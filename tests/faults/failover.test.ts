import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { migrateDatabase } from '../../src/db/migrate.ts'
import { createOwnPostgres, type OwnPostgres } from '../helpers/own-postgres.ts'
import {
  freePort,
  newFolder,
  type ServerProcess,
  startServerProcess,
} from '../helpers/server-process.ts'
import { PEOPLE, startLoad } from './load.ts'

describe('a primary and a streaming standby', () => {
  let primary: OwnPostgres
  let standby: OwnPostgres
  let folder: Awaited<ReturnType<typeof newFolder>>
  let url: string
  const replicas: ServerProcess[] = []

  beforeAll(async () => {
    primary = await createOwnPostgres({
      wal_level: 'replica',
      max_wal_senders: 4,
      hot_standby: 'on',
    })
    await primary.stop('SIGINT')
    standby = await primary.copyAsStandby()
    await primary.start()
    // Nothing that is answered is lost: a commit waits for the standby.
    await primary.asSuperuser("alter system set synchronous_standby_names = '*'")
    await primary.asSuperuser('select pg_reload_conf()')
    await standby.start()
    url = primary.url.replace(
      /127\.0\.0\.1:\d+/,
      `127.0.0.1:${standby.port},127.0.0.1:${primary.port}`,
    )
    folder = await newFolder()
    for (const port of [await freePort(), await freePort()]) {
      const env = {
        DATA_DIR: join(folder.path, `data-${port}`),
        DATABASE_URL: url,
        DATABASE_POOL: '4',
        SECRET: 'a secret of the tests with more than 32 characters',
        EMULATE: 'all',
        ACCOUNT_LINKING: 'explicit',
        RATE_LIMIT: 'off',
      }
      replicas.push(startServerProcess(env, { cwd: folder.path, port }))
    }
    await Promise.all(replicas.map(({ serving }) => serving))
  })
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()))
    await standby.remove()
    await primary.remove()
    await folder.remove()
  })

  test('the standby is promoted under logins: every replica goes on by itself, and nothing answered is lost', async () => {
    const loads = replicas.map(({ url: at }, place) =>
      startLoad(
        [at],
        PEOPLE.filter((_, turn) => turn % replicas.length === place),
      ),
    )
    const healed = () => Promise.all(loads.map((load) => load.heals(40_000)))
    expect(await Promise.all(loads.map((load) => load.warmsUp()))).toEqual([true, true])
    await primary.stop('SIGKILL')
    await expect.poll(() => loads.some((load) => load.isFelt())).toBe(true)
    await standby.asSuperuser('alter system reset synchronous_standby_names')
    await standby.asSuperuser('select pg_promote(true, 20)')
    expect(await healed()).toEqual([true, true])
    await Promise.all(loads.map((load) => load.end()))
    expect(loads.flatMap(({ wrong }) => wrong)).toEqual([])
    for (const { child } of replicas) expect(child.exitCode).toBeNull()
  }, 150_000)
})

describe('several hosts', () => {
  let one: OwnPostgres
  let other: OwnPostgres
  beforeAll(async () => {
    one = await createOwnPostgres()
    other = await createOwnPostgres()
  })
  afterAll(async () => {
    await one.remove()
    await other.remove()
  })
  const both = (parameters = '') =>
    `${one.url.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${one.port},127.0.0.1:${other.port}`)}${parameters}`
  const port = async (database: Database) =>
    (await database.query<{ port: number }>("select current_setting('port')::int as port", []))[0]
      ?.port

  test('are tried in their order; the first that takes writes is used', async () => {
    await migrateDatabase({ url: both() })
    const database = openDatabase({ url: both() }, { connections: 2, prepare: true })
    expect(await port(database)).toBe(one.port)
    await one.asSuperuser('alter system set default_transaction_read_only = on')
    await one.asSuperuser('select pg_reload_conf()')
    const second = openDatabase({ url: both() }, { connections: 2, prepare: true })
    expect(await port(second)).toBe(other.port)
    const any = openDatabase(
      { url: both('?target_session_attrs=any') },
      { connections: 2, prepare: true },
    )
    expect(await port(any)).toBe(one.port)
    await Promise.all([database, second, any].map((each) => each.close()))
  })

  test('a cancel reaches the host and the statement that it is for', async () => {
    const database = openDatabase({ url: both() }, { connections: 2, prepare: true })
    expect(await port(database)).toBe(other.port)
    const late = database.query('select pg_sleep(60), 1 as late', [], { limitMs: 300 })
    const neighbour = database.query('select pg_sleep(1), 2 as good', [], { limitMs: 20_000 })
    await expect(late).rejects.toMatchObject({ code: 'temporarily_unavailable' })
    expect(await neighbour).toMatchObject([{ good: 2 }])
    const running = () =>
      other.asSuperuser(
        "select query from pg_stat_activity where query like '%as late' and state = 'active'",
      )
    await expect.poll(running).toEqual([])
    await database.close()
  })
})
