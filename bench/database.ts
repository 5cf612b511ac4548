import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { startEmbeddedServer } from '../src/db/embedded/index.ts'
import { cpuOfFamily } from './processes.ts'

/** What PostgreSQL did for one database since it was started. */
export interface Spent {
  /** In statements: planning, running, and what triggers do. */
  microseconds: number
  statements: number
}

/** One statement's share, by its text. */
export interface StatementSpent {
  text: string
  calls: number
  microseconds: number
  /** Blocks that it touched, in memory or not. */
  blocks: number
}

/** A PostgreSQL server that is as durable as in production and counts what its statements cost. */
export interface BenchDatabase {
  version: string
  /** How to reach one of its databases with postgres.js. */
  connection(name: string): { host: string; port: number; database: string; username: string }
  /** The environment by which a server under test finds its database. */
  env(name: string): Record<string, string>
  /** Makes an empty database. */
  create(name: string): Promise<void>
  /** Runs statements as the superuser: no trigger runs, no foreign key is checked. */
  fill(name: string, statements: readonly string[]): Promise<void>
  /** Microseconds of CPU of all its processes so far, but for the one that serves this program. */
  cpu(): Promise<number>
  spent(name: string): Promise<Spent>
  spentByStatement(name: string): Promise<StatementSpent[]>
  stop(): Promise<void>
}

/** A new folder for temporary data, which the database's user can enter. */
export async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'))
  await chmod(folder, 0o711)
  return folder
}

/** Starts PostgreSQL in a temporary folder, with pg_stat_statements, which wants a second start. */
export async function startDatabase(): Promise<BenchDatabase> {
  const folder = await makeFolder()
  const removeFolder = () => rm(folder, { recursive: true, force: true })
  try {
    return await startCounting(folder, removeFolder)
  } catch (error) {
    await removeFolder()
    throw error
  }
}

async function startCounting(
  folder: string,
  removeFolder: () => Promise<void>,
): Promise<BenchDatabase> {
  const first = await startEmbeddedServer({ dataDir: folder, database: 'bench' })
  const asSuperuser = (connection: typeof first.connection, database: string) =>
    postgres({ ...connection, database, username: 'postgres', max: 1, onnotice: () => undefined })
  const setting = asSuperuser(first.connection, first.connection.database)
  await setting`alter system set shared_preload_libraries = 'pg_stat_statements'`
  await setting`alter system set pg_stat_statements.track_planning = on`
  await setting.end()
  await first.stop()

  const server = await startEmbeddedServer({ dataDir: folder, database: 'bench' })
  const { connection } = server
  const admin = asSuperuser(connection, connection.database)
  await admin`create extension pg_stat_statements`
  const [about] = await admin<{ version: string; own: number; pidFile: string }[]>`
    select current_setting('server_version') as version, pg_backend_pid() as own,
      pg_read_file('postmaster.pid') as "pidFile"`
  const { version, own, pidFile } = about ?? { version: '', own: 0, pidFile: '' }
  return {
    version,
    connection: (database) => ({ ...connection, database }),
    env: (database) => ({
      DATABASE_URL: `postgres://${connection.username}@localhost:${connection.port}/${database}?host=${connection.host}`,
      PGHOST: connection.host,
      PGPORT: String(connection.port),
      PGUSER: connection.username,
      PGDATABASE: database,
    }),
    async create(name) {
      await admin`create database ${admin(name)} owner ${admin(connection.username)}`
    },
    async fill(name, statements) {
      const sql = asSuperuser(connection, name)
      try {
        await sql`set session_replication_role = replica`
        await sql`set synchronous_commit = off`
        for (const text of statements) await sql.unsafe(text)
      } finally {
        await sql.end()
      }
    },
    cpu: () => cpuOfFamily(Number.parseInt(pidFile, 10), [own]),
    async spent(name) {
      const [row] = await admin<Spent[]>`
        select coalesce(sum(total_exec_time + total_plan_time), 0)::float8 * 1000 as microseconds,
          coalesce(sum(calls), 0)::float8 as statements
        from pg_stat_statements
        where dbid = (select oid from pg_database where datname = ${name})`
      return row ?? { microseconds: 0, statements: 0 }
    },
    spentByStatement: (name) => admin<StatementSpent[]>`
      select query as text, sum(calls)::float8 as calls,
        sum(total_exec_time)::float8 * 1000 as microseconds,
        sum(shared_blks_hit + shared_blks_read)::float8 as blocks
      from pg_stat_statements
      where dbid = (select oid from pg_database where datname = ${name})
      group by query`,
    async stop() {
      await admin.end()
      await server.stop()
      await removeFolder()
    },
  }
}
