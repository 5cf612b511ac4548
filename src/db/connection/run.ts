import type postgres from 'postgres'
import { noTracer, type Tracer } from '../../core/tracer.ts'
import { SESSION } from './connect.ts'
import type { Operation } from './operations.ts'
import { summaryOf } from './summary.ts'

/** Runs one constant statement; its result has as many rows as the server counted. */
export type RunStatement = <Row>(
  text: string,
  parameters?: readonly unknown[],
  options?: RunOptions,
) => Promise<Row[]>

/** Options of a statement. */
export interface RunOptions {
  /** For a statement outside of a transaction: how long it may wait and run. */
  limitMs?: number
  /**
   * Gives rows as arrays, in the order of the selected columns; else as objects with the columns'
   * names.
   */
  rows?: 'arrays'
}

/**
 * Stands for the time, by the database's clock, after which a statement must not begin any more. It
 * is for statements that waited where they cannot be cancelled: in a pooler, or for a server that
 * was suspended.
 */
export const DEADLINE = Symbol('deadline')

/** The part of a connection or a transaction that runs statements. */
export type Client = Pick<postgres.Sql, 'unsafe'> & Partial<Pick<postgres.Sql, 'begin'>>

/** Gets reports about operations and statements. */
export interface DatabaseObserver {
  tracer: Tracer
  /** An operation got a connection after this many seconds. */
  waited(seconds: number): void
}

/** What is needed to run an operation's statements on a client. */
export interface RunSettings {
  prepare: boolean
  /** The time that DEADLINE stands for, as a timestamp. */
  deadline(operation: Operation): string
  /** Null if nobody observes. */
  readonly observer: DatabaseObserver | null
}

/**
 * The session parameters for one transaction, since connections behind a pooler do not start with
 * them.
 */
const LOCAL_SESSION = Object.entries(SESSION)
  .map(([name, value]) =>
    name === 'default_transaction_isolation'
      ? `set transaction isolation level ${value}`
      : `set local ${name} = '${value}'`,
  )
  .join('; ')

/**
 * Sets the session parameters for this transaction, on connections that did not start with them.
 */
export function limitTransaction(transaction: Client): void {
  // Sent together with the next statement: an error shows there.
  transaction.unsafe(LOCAL_SESSION).then(
    () => {},
    () => {},
  )
}

/** Runs statements one by one: alone, or within a transaction if `client` is one. */
export function runOn(client: Client, operation: Operation, settings: RunSettings): RunStatement {
  const { prepare } = settings
  // The driver's internal hook, by which its transactions learn which connection they have.
  const told = settings.observer === null ? {} : { onexecute: operation.connected }
  return async (text, parameters = [], { rows: form } = {}) => {
    operation.check()
    const values = parameters.includes(DEADLINE)
      ? parameters.map((value) => (value === DEADLINE ? settings.deadline(operation) : value))
      : parameters
    const send = (on: Client) => {
      const sent = on.unsafe(text, values as never[], { prepare, ...told })
      return operation.during(form === 'arrays' ? (sent.values() as unknown as typeof sent) : sent)
    }
    const whole = () =>
      prepare || client.begin === undefined
        ? send(client)
        : (client.begin((transaction) => {
            operation.check()
            limitTransaction(transaction)
            return send(transaction)
          }) as Promise<postgres.RowList<postgres.Row[]>>)
    const rows = await traced(settings.observer, text, whole)
    if (!isWhole(rows)) throw Object.assign(new Error('mixed up'), { code: 'MIXED_UP' })
    return rows as unknown as never[]
  }
}

/**
 * Runs it as a span below that of a request; background work, which runs every second, has none.
 */
function traced<T>(observer: DatabaseObserver | null, text: string, work: () => Promise<T>) {
  if (observer === null || observer.tracer === noTracer) return work()
  const name = summaryOf(text)
  const attributes = { 'db.system.name': 'postgresql', 'db.query.summary': name }
  return observer.tracer.trace({ name, kind: 'client', attributes, parent: 'required' }, work)
}

/** Whether a result has exactly as many rows as the server counted. */
function isWhole(rows: postgres.RowList<postgres.Row[]>): boolean {
  // Statements that change rows count them even if they return none.
  const givesAll = rows.command === 'SELECT' || rows.length > 0
  if (givesAll && rows.count !== null && rows.length !== rows.count) return false
  for (let place = 0; place < rows.length; place++) if (!(place in rows)) return false
  return true
}

/**
 * Runs statements in a transaction that is not one of the pool's operations, so it has no time
 * limit.
 */
export const runInTransaction =
  (transaction: Client): RunStatement =>
  async (text, parameters = []) =>
    (await transaction.unsafe(text, parameters as never[])) as unknown as never[]
