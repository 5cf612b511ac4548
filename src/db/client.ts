import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { LatchkeyError } from '../core/errors.ts'

/** Where the database is: a URL, or the socket of the server that Latchkey started itself. */
export type DatabaseLocation =
  | { url: string }
  | { host: string; port: number; database: string; username: string }

/** How the pool behaves. */
export interface PoolOptions {
  /** Connections of this process. */
  connections: number
  /** Named prepared statements; off behind PgBouncer in transaction mode. */
  prepare: boolean
}

/** The connection pool, and the one place where its failures are told apart. */
export interface Database {
  orm: PostgresJsDatabase
  sql: postgres.Sql
  /** Runs an operation under a time limit; a database that is away becomes `temporarily_unavailable`. */
  run<T>(operation: () => Promise<T>, limitMs?: number): Promise<T>
  /** Runs one constant statement, prepared where that is on. */
  query: RunStatement
  /** Several statements in one transaction, under one time limit. */
  transaction<T>(work: (run: RunStatement) => Promise<T>): Promise<T>
  /** Operations that run or wait. */
  pending(): number
  close(): Promise<void>
}

/** Runs one constant statement; its result has the rows that the server counted. */
export type RunStatement = <Row>(
  text: string,
  parameters?: readonly unknown[],
  options?: RunOptions,
) => Promise<Row[]>

/** How a statement runs. */
export interface RunOptions {
  /** Of one that is no part of a transaction: how long it may wait and run. */
  limitMs?: number
  /** Rows as arrays, in the order of what is selected; objects by the names of columns else. */
  rows?: 'arrays'
}

const CONNECT_SECONDS = 2
const STATEMENT_MS = 5_000
/** Waiting for a connection and the statement itself, together. */
const OPERATION_MS = STATEMENT_MS + 1_000
/** Operations waiting or running, per connection, before more are turned away. */
const WAITING_PER_CONNECTION = 100

/** Opens a pool; connections are made when they are first needed. */
export function openDatabase(location: DatabaseLocation, options: PoolOptions): Database {
  const open = () =>
    connect(location, {
      max: options.connections,
      ...sessionOptions(options.prepare),
      backoff: () => 0.1,
    })
  let sql = open()
  let waiting = 0
  /** A connection that mixed up one answer may have mixed up others: none of them is used again. */
  const dropConnections = () => {
    const dropped = sql
    sql = open()
    dropped.end({ timeout: 0 }).catch(() => {})
  }
  const runner =
    (client: Pick<postgres.Sql, 'unsafe'>): RunStatement =>
    async (text, parameters = [], { rows: form } = {}) => {
      const sent = client.unsafe(text, parameters as never[], { prepare: options.prepare })
      const rows = await (form === 'arrays' ? sent.values() : sent)
      if (!isWhole(rows)) {
        dropConnections()
        throw unavailable('The database driver mixed up an answer.', { reason: 'mixed_up' })
      }
      return rows as unknown as never[]
    }
  const database: Database = {
    get orm() {
      return drizzle(sql)
    },
    get sql() {
      return sql
    },
    async run(operation, limitMs = OPERATION_MS) {
      if (waiting >= options.connections * WAITING_PER_CONNECTION) {
        throw unavailable('The database is overloaded.', { reason: 'overload' })
      }
      waiting += 1
      let timer: NodeJS.Timeout | undefined
      const tooLate = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(unavailable('The database did not answer in time.', { reason: 'timeout' })),
          limitMs,
        )
      })
      try {
        return await Promise.race([operation(), tooLate])
      } catch (error) {
        throw translate(error)
      } finally {
        clearTimeout(timer)
        waiting -= 1
      }
    },
    query: (text, parameters, how) =>
      database.run(() => runner(sql)(text, parameters, how), how?.limitMs),
    transaction: <T>(work: (run: RunStatement) => Promise<T>) =>
      database.run(() => sql.begin((transaction) => work(runner(transaction))) as Promise<T>),
    pending: () => waiting,
    close: () => sql.end({ timeout: 5 }),
  }
  return database
}

/** Whether a result has the rows that the server counted, all of them and no others. */
export function isWhole(rows: postgres.RowList<postgres.Row[]>): boolean {
  // What changes rows counts them also where it returns none.
  const givesAll = rows.command === 'SELECT' || rows.length > 0
  if (givesAll && rows.count !== null && rows.length !== rows.count) return false
  for (let place = 0; place < rows.length; place++) if (!(place in rows)) return false
  return true
}

/** How a connection begins, with named prepared statements or without. */
export function sessionOptions(prepare: boolean) {
  // A pooler in transaction mode refuses start-up parameters that it does not know.
  const limits = prepare
    ? { statement_timeout: STATEMENT_MS, idle_in_transaction_session_timeout: 10_000 }
    : {}
  return {
    prepare,
    connect_timeout: CONNECT_SECONDS,
    connection: { application_name: 'latchkey', ...limits },
  }
}

/** A postgres.js client that prints no notices and takes `?host=/folder` as libpq does. */
export function connect(
  location: DatabaseLocation,
  options: postgres.Options<never>,
): postgres.Sql {
  const all = { onnotice: () => {}, ...options } as postgres.Options<never>
  if (!('url' in location)) {
    return postgres({ ...location, ...all }) as unknown as postgres.Sql
  }
  const url = new URL(location.url)
  const socketFolder = url.searchParams.get('host')
  if (socketFolder === null) return postgres(location.url, all) as unknown as postgres.Sql
  url.searchParams.delete('host')
  if (url.hostname === '') url.hostname = 'localhost'
  return postgres(url.href, { ...all, host: socketFolder }) as unknown as postgres.Sql
}

// Node's and postgres.js's codes for a connection that cannot be had or broke.
const AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  '25006', // read-only after a failover
  '28000', // not let in: the password or pg_hba.conf was changed
  '28P01',
  '3D000', // no such database: it is being restored
  '23503', // the user was deleted in the meantime
  '40001', // serialization failure
  '40P01', // deadlock
  '55P03', // lock not available
  '57014', // statement timeout
])

/** Classes: connection exception, insufficient resources, operator intervention. */
const AWAY_CLASS = /^(08|53|57P)/

function translate(error: unknown): unknown {
  if (error instanceof LatchkeyError) return error
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = (cause as { code?: unknown } | null)?.code
  if (typeof code === 'string' && (AWAY.has(code) || AWAY_CLASS.test(code))) {
    return unavailable('The database is away or overloaded.', { database: code })
  }
  // Both libraries put SQL and parameters, so personal data, into their messages: only the code is kept.
  if (typeof code !== 'string') return error
  return new LatchkeyError('server_error', 'The database refused a statement.', {
    evidence: { database: code },
  })
}

function unavailable(message: string, evidence: Record<string, string>) {
  return new LatchkeyError('temporarily_unavailable', message, { evidence, retryAfterSeconds: 2 })
}
