import { LatchkeyError } from '../../core/errors.ts'
import { said } from '../../core/messages.ts'

// Node's and the driver's codes for a connection that cannot be had or broke.
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
  'NO_FIT_HOST',
  'TLS_REFUSED',
  'CHANNEL_BINDING_REFUSED', // somebody else answers in the server's place
  'SASL_CHALLENGE_REFUSED',
  'SASL_SIGNATURE_MISMATCH',
  '25006', // read-only after a failover
  '28000', // not let in: the password or pg_hba.conf was changed
  '28P01',
  '3D000', // no such database: it is being restored
  '40001', // serialization failure
  '40P01', // deadlock
  '55P03', // lock not available
  '57014', // statement timeout, or cancelled
])

/** What the system says (`EMFILE`, `EADDRNOTAVAIL`): the database was not reached, whatever is wrong here. */
const SYSTEM = /^E(?!RR_)[A-Z0-9]+$/

/** A pooler gave a statement another connection than the one it was prepared on. */
const OTHER_CONNECTION = new Set(['26000', '42P05'])

/** Classes: connection exception, insufficient resources, operator intervention, system error (a disk). */
const AWAY_CLASS = /^(08|53|57P|58)/

/** What the driver threw, out of what the builder makes of it. */
const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? error.cause : error

/** What the database or the driver said, by its code; undefined where it is no failure of theirs. */
export function codeOf(error: unknown): string | undefined {
  const code = (causeOf(error) as { code?: unknown } | null)?.code
  return typeof code === 'string' && !(error instanceof LatchkeyError) ? code : undefined
}

/** Whether the server ended the connection by it, or let none begin (`allow_connections false`), whatever the code. */
function isFatal(error: unknown): boolean {
  return /^(FATAL|PANIC)$/.test(String((causeOf(error) as { severity?: unknown }).severity))
}

/** Whether another host, or a new connection, may do better: this one is away or takes no writes. */
export const isLost = (code: string): boolean =>
  code === '25006' || /^(08|57P)/.test(code) || (AWAY.has(code) && !/^\d/.test(code))

/** What a statement is ended by where another one was in its way: looked at anew, all may be well. */
const IN_THE_WAY = new Set([
  '40P01', // to let others out of a ring of waiting
  '40001', // serialization failure
  '23505', // somebody else made the same at this moment
  '23503', // what it refers to went at this moment
])

/**
 * Does something that PostgreSQL does as a whole or not at all, and once more where somebody else was in its way:
 * nothing of it was done.
 */
export const againAfterConflict = <T>(work: () => Promise<T>): Promise<T> =>
  work().catch((error: unknown) => {
    if (!IN_THE_WAY.has(codeOf(error) ?? '')) throw error
    return work()
  })

/**
 * The error that the rest of Latchkey gets. Both libraries put SQL and parameters, so personal data,
 * into their messages: only the code is kept.
 */
export function translate(error: unknown): unknown {
  const code = codeOf(error)
  if (code === undefined) return error
  const isAway = AWAY.has(code) || AWAY_CLASS.test(code) || SYSTEM.test(code)
  if (isAway || isFatal(error)) {
    return unavailable(said.databaseAway, { database: code })
  }
  if (OTHER_CONNECTION.has(code))
    return unavailable(said.databaseAway, { database: code, set: 'DATABASE_PREPARE=off' })
  // A statement that refers to a row that has gone: the user left at this moment.
  if (code === '23503') return unavailable('What this refers to has just gone.', { database: code })
  // No check is ours: the audit has no month yet for what the database's clock says since it was set.
  if (code === '23514')
    return unavailable(said.databaseAway, { database: code, reason: 'no_month' })
  return new LatchkeyError('server_error', 'The database refused a statement.', {
    evidence: { database: code },
  })
}

/** 503: the same may be asked again. */
export function unavailable(message: string, evidence: Record<string, string>): LatchkeyError {
  return new LatchkeyError('temporarily_unavailable', message, { evidence, retryAfterSeconds: 2 })
}
