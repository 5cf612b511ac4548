import { LatchkeyError } from '../../core/errors.ts'
import { said } from '../../core/messages.ts'

// Node's and the driver's codes for a connection that cannot be opened or was lost.
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
  'CHANNEL_BINDING_REFUSED', // channel binding is required and not offered
  'SASL_CHALLENGE_REFUSED',
  'SASL_SIGNATURE_MISMATCH',
  '25006', // read-only after a failover
  '28000', // access refused: the password or pg_hba.conf was changed
  '28P01',
  '3D000', // no such database: it is being restored
  '40001', // serialization failure
  '40P01', // deadlock
  '55P03', // lock not available
  '57014', // statement timeout, or cancelled
])

/**
 * The system's error codes (`EMFILE`, `EADDRNOTAVAIL`): whatever the reason, the database was not
 * reached.
 */
const SYSTEM = /^E(?!RR_)[A-Z0-9]+$/

/** A pooler ran a statement on another connection than the one it was prepared on. */
const OTHER_CONNECTION = new Set(['26000', '42P05'])

/** Classes: connection exception, insufficient resources, operator intervention, system error (a disk). */
const AWAY_CLASS = /^(08|53|57P|58)/

/** The driver's error, unwrapped from the query builder's. */
const causeOf = (error: unknown): unknown =>
  error instanceof Error && error.cause instanceof Error ? error.cause : error

/** The error code of the database or the driver; undefined for other errors. */
export function codeOf(error: unknown): string | undefined {
  const code = (causeOf(error) as { code?: unknown } | null)?.code
  return typeof code === 'string' && !(error instanceof LatchkeyError) ? code : undefined
}

/**
 * Whether the server closed the connection with this error, or refused to open one
 * (`allow_connections false`), whatever the code.
 */
function isFatal(error: unknown): boolean {
  return /^(FATAL|PANIC)$/.test(String((causeOf(error) as { severity?: unknown }).severity))
}

/** Whether another host, or a new connection, may succeed: this one is away or cannot write. */
export const isLost = (code: string): boolean =>
  code === '25006' || /^(08|57P)/.test(code) || (AWAY.has(code) && !/^\d/.test(code))

/**
 * Codes of statements that failed because of another one at the same time: a new try may succeed.
 */
const IN_THE_WAY = new Set([
  '40P01', // deadlock
  '40001', // serialization failure
  '23505', // another statement created the same at this moment
  '23503', // the row that it refers to was removed at this moment
])

/**
 * Runs something that PostgreSQL does all or nothing, and runs it once more if another statement
 * was in its way, since then nothing was done.
 */
export const againAfterConflict = <T>(work: () => Promise<T>): Promise<T> =>
  work().catch((error: unknown) => {
    if (!IN_THE_WAY.has(codeOf(error) ?? '')) throw error
    return work()
  })

/**
 * The error that the rest of Latchkey gets. Both libraries put SQL and parameters, and so personal
 * data, into their messages, so only the code is kept.
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
  // A statement refers to a row that was removed: the user was deleted at this moment.
  if (code === '23503') return unavailable('What this refers to has just gone.', { database: code })
  // We have no check constraints: the audit log has no partition for the time that the database's
  // clock was set to.
  if (code === '23514')
    return unavailable(said.databaseAway, { database: code, reason: 'no_month' })
  return new LatchkeyError('server_error', 'The database refused a statement.', {
    evidence: { database: code },
  })
}

/** 503: the same request can be sent again. */
export function unavailable(message: string, evidence: Record<string, string>): LatchkeyError {
  return new LatchkeyError('temporarily_unavailable', message, { evidence, retryAfterSeconds: 2 })
}
