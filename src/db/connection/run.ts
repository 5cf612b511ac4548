import type postgres from 'postgres'
import { noTracer, type Tracer } from '../../core/tracer.ts'
import { SESSION } from './connect.ts'
import type { Operation } from './operations.ts'
import { summaryOf } from './summary.ts'

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

/**
 * Stands for the moment, by the database's clock, from which on a statement must not begin any more. It
 * is for one that waited where nobody can cancel it: in a pooler, or before a server that stood still.
 */
export const DEADLINE = Symbol('deadline')

/** What of a connection or of a transaction runs statements. */
export type Client = Pick<postgres.Sql, 'unsafe'> & Partial<Pick<postgres.Sql, 'begin'>>

/** Told of what the database is asked. */
export interface DatabaseObserver {
  tracer: Tracer
  /** An operation got a connection after so many seconds. */
  waited(seconds: number): void
}

/** What runs statements of an operation on a client. */
export interface RunSettings {
  prepare: boolean
  /** The moment that DEADLINE stands for, as a timestamp. */
  deadline(operation: Operation): string
  /** Null while nobody looks. */
  readonly observer: DatabaseObserver | null
}

/** What a connection behind a pooler does not begin with, for one transaction. */
const LOCAL_SESSION = Object.entries(SESSION)
  .map(([name, value]) =>
    name === 'default_transaction_isolation'
      ? `set transaction isolation level ${value}`
      : `set local ${name} = '${value}'`,
  )
  .join('; ')

/** Tells the server how this transaction is to behave, where the connection did not. */
export function limitTransaction(transaction: Client): void {
  // Sent together with what comes next, whose refusal is the one that counts.
  transaction.unsafe(LOCAL_SESSION).then(
    () => {},
    () => {},
  )
}

/** Runs statements one by one: alone, or as parts of the transaction that `client` is. */
export function runOn(client: Client, operation: Operation, settings: RunSettings): RunStatement {
  const { prepare } = settings
  // The driver's own hook, by which its transactions learn which connection is theirs.
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

/** As a span below that of a request; what runs in the background by itself, every second, has none. */
function traced<T>(observer: DatabaseObserver | null, text: string, work: () => Promise<T>) {
  if (observer === null || observer.tracer === noTracer) return work()
  const name = summaryOf(text)
  const attributes = { 'db.system.name': 'postgresql', 'db.query.summary': name }
  return observer.tracer.trace({ name, kind: 'client', attributes, parent: 'required' }, work)
}

/** Whether a result has the rows that the server counted, all of them and no others. */
function isWhole(rows: postgres.RowList<postgres.Row[]>): boolean {
  // What changes rows counts them also where it returns none.
  const givesAll = rows.command === 'SELECT' || rows.length > 0
  if (givesAll && rows.count !== null && rows.length !== rows.count) return false
  for (let place = 0; place < rows.length; place++) if (!(place in rows)) return false
  return true
}

/** Runs statements in a transaction that is no operation of the pool: it takes as long as it takes. */
export const runInTransaction =
  (transaction: Client): RunStatement =>
  async (text, parameters = []) =>
    (await transaction.unsafe(text, parameters as never[])) as unknown as never[]
