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

/** How the pool behaves. */
export interface PoolOptions {
  /** Connections of this process. */
  connections: number
  /** Named prepared statements; off behind PgBouncer in transaction mode. */
  prepare: boolean
}

/** The connection pool, and the one place where its failures are told apart. */
export interface Database {
  /** The driver's client that is in use now; after a failover another one. */
  readonly sql: postgres.Sql
  /** Runs one constant statement, prepared where that is on. */
  query: RunStatement
  /**
   * Several statements in one transaction, under one time limit. No statement is sent once it is over,
   * so that what is answered 503 is not done later. `work` may be begun a second time, where the first was
   * rolled back.
   */
  transaction<T>(work: (run: RunStatement) => Promise<T>): Promise<T>
  /** Operations that run or wait. */
  pending(): number
  /** After an answer that was another's: no connection that there is now is used again. */
  distrust(): void
  /** From now on, tells of what is asked. */
  observe(observer: DatabaseObserver): void
  close(): Promise<void>
}

/** Operations waiting or running, per connection, before more are turned away. */
const WAITING_PER_CONNECTION = 100
/** Division by zero: what a statement does once its deadline is over (`in-time.ts`). */
const TOO_LATE = '22012'
/** Between two looks for a host that fits, and two new pools because of what one host said. */
const LOOK_MS = 500

/** Opens a pool; connections are made when they are first needed. */
export function openDatabase(location: DatabaseLocation, options: PoolOptions): Database {
  const address = addressOf(location)
  const open = (host: DatabaseHost) => connect(address, host, options)
  let host = address.hosts[0] as DatabaseHost
  let sql = open(host)
  let lookedAt = Number.NEGATIVE_INFINITY
  let looking: Promise<void> | null = null
  let isClosed = false
  let observer: DatabaseObserver | null = null

  /** No connection that there is now is used again; what waits for one of them fails. */
  const renew = (next = host) => {
    if (isClosed) return
    const dropped = sql
    host = next
    sql = open(host)
    dropped.end({ timeout: 0 }).catch(() => {})
    clock.compare()
  }

  /** After a failure: where several hosts are named, looks which of them takes writes now. */
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
  /** Under the time limit, on the host that is in use; failures become errors of ours. */
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
      // A server that does not answer even a cancel keeps its connections from those who wait; once for all.
      const { reason } = error instanceof LatchkeyError ? error.evidence : {}
      if (reason === SILENCE && client === sql) renew()
      if (code === TOO_LATE) {
        clock.compare()
        throw unavailable('The database got this too late.', { reason: 'too_late' })
      }
      if (code === 'MIXED_UP') {
        // A connection that mixed up one answer may have mixed up others: none of them is used again.
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
          // Where the rollback fails, too, the first failure says more.
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
