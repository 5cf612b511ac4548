import type postgres from 'postgres'
import { LatchkeyError } from '../core/errors.ts'
import type { DatabaseHost } from '../core/settings/database-url.ts'
import { watchClock } from './connection/clock.ts'
import { addressOf, connect, type DatabaseLocation } from './connection/connect.ts'
import {
  againAfterConflict,
  codeOf,
  isLost,
  translate,
  unavailable,
} from './connection/failures.ts'
import { createOperations, type Operation, SILENCE } from './connection/operations.ts'
import { findHost } from './connection/primary.ts'
import {
  type DatabaseObserver,
  limitTransaction,
  type RunStatement,
  runOn,
} from './connection/run.ts'

export type { DatabaseLocation } from './connection/connect.ts'
export type { DatabaseObserver, RunStatement } from './connection/run.ts'

/** Settings of the connection pool. */
export interface PoolOptions {
  /** Connections of this process. */
  connections: number
  /** Whether to use named prepared statements; off behind PgBouncer in transaction mode. */
  prepare: boolean
}

/** The connection pool, and the one place that sorts its failures. */
export interface Database {
  /** The driver's current client; after a failover it is another one. */
  readonly sql: postgres.Sql
  /** Runs one constant statement, prepared if that is on. */
  query: RunStatement
  /**
   * Runs several statements in one transaction, under one time limit. After that time no statement
   * is sent any more, so that nothing is done later that was answered 503. `work` may be called a
   * second time if the first transaction was rolled back.
   */
  transaction<T>(work: (run: RunStatement) => Promise<T>): Promise<T>
  /** How many operations run or wait. */
  pending(): number
  /**
   * Stops using all present connections, after one gave an answer that belongs to another query.
   */
  distrust(): void
  /** Reports every operation to an observer from now on. */
  observe(observer: DatabaseObserver): void
  close(): Promise<void>
}

/** How many operations per connection may run or wait; more are refused. */
const WAITING_PER_CONNECTION = 100
/** Division by zero: the error of a statement that starts after its deadline (`in-time.ts`). */
const TOO_LATE = '22012'
/**
 * The least time between two searches for a usable host, and between two new pools for the same
 * cause.
 */
const LOOK_MS = 500

/** Opens a pool. Connections are made when they are first needed. */
export function openDatabase(location: DatabaseLocation, options: PoolOptions): Database {
  const address = addressOf(location)
  const open = (host: DatabaseHost) => connect(address, host, options)
  let host = address.hosts[0] as DatabaseHost
  let sql = open(host)
  let lookedAt = Number.NEGATIVE_INFINITY
  let looking: Promise<void> | null = null
  let isClosed = false
  let observer: DatabaseObserver | null = null

  /** Stops using all present connections; operations that wait for one of them fail. */
  const renew = (next = host) => {
    if (isClosed) return
    const dropped = sql
    host = next
    sql = open(host)
    dropped.end({ timeout: 0 }).catch(() => {})
    clock.compare()
  }

  /** After a failure with several hosts: finds the one that takes writes now. */
  const look = async () => {
    lookedAt = performance.now()
    const next = await findHost(address, options).catch(() => null)
    if (next !== null && next !== host) renew(next)
  }
  const onFailure = (code: string, client: postgres.Sql) => {
    if (client !== sql || !isLost(code)) return
    if (address.hosts.length > 1) {
      if (looking !== null) return
      const pause = Math.max(0, lookedAt + LOOK_MS - performance.now())
      looking = new Promise<void>((resolve) => setTimeout(resolve, pause).unref())
        .then(look)
        .finally(() => {
          looking = null
        })
    } else if (code === '25006' && performance.now() > lookedAt + LOOK_MS) {
      // The name of the only host may lead to another server by now.
      lookedAt = performance.now()
      renew()
    }
  }
  // At the start the first host may be a standby.
  if (address.hosts.length > 1) looking = look().finally(() => (looking = null))

  const operations = createOperations({
    most: options.connections * WAITING_PER_CONNECTION,
    waited: (seconds) => observer?.waited(seconds),
  })
  /**
   * Runs an operation under its time limit on the current host, and turns failures into our errors.
   */
  async function operate<T>(
    work: (client: postgres.Sql, operation: Operation) => Promise<T>,
    limitMs?: number,
  ): Promise<T> {
    let client = sql
    try {
      return await operations.run(async (operation) => {
        if (looking !== null) await looking
        operation.check()
        client = sql
        return againAfterConflict(() => work(client, operation))
      }, limitMs)
    } catch (error) {
      const code = codeOf(error)
      if (code !== undefined) onFailure(code, client)
      // A server that does not even answer a cancel keeps connections from those who wait: the pool
      // is renewed once.
      const { reason } = error instanceof LatchkeyError ? error.evidence : {}
      if (reason === SILENCE && client === sql) renew()
      if (code === TOO_LATE) {
        clock.compare()
        throw unavailable('The database got this too late.', { reason: 'too_late' })
      }
      if (code === 'MIXED_UP') {
        // A connection that mixed up one answer may have mixed up others: none is used again.
        if (client === sql) renew()
        throw unavailable('The database driver mixed up an answer.', { reason: 'mixed_up' })
      }
      throw translate(error)
    }
  }

  const query: RunStatement = (text, parameters, how) =>
    operate(
      (client, operation) => runOn(client, operation, settings)(text, parameters, how),
      how?.limitMs,
    )
  const clock = watchClock(query)
  const settings = {
    prepare: options.prepare,
    deadline: (operation: Operation) => clock.in(operation.remainingMs()),
    get observer() {
      return observer
    },
  }
  clock.compare()

  return {
    get sql() {
      return sql
    },
    query,
    transaction: <T>(work: (run: RunStatement) => Promise<T>) =>
      operate(async (client, operation) => {
        let cause: { error: unknown } | null = null
        try {
          return (await client.begin(async (transaction) => {
            operation.connected()
            operation.check()
            if (!options.prepare) limitTransaction(transaction)
            try {
              return await work(runOn(transaction, operation, settings))
            } catch (error) {
              cause = { error }
              throw error
            }
          })) as T
        } catch (error) {
          // If the rollback fails, too, the first failure says more.
          throw cause === null ? error : (cause as { error: unknown }).error
        }
      }),
    pending: operations.pending,
    distrust: () => renew(),
    observe(given) {
      observer = given
    },
    close: async () => {
      isClosed = true
      clock.close()
      await sql.end({ timeout: 5 })
    },
  }
}
