import { LatchkeyError } from '../core/errors.ts'
import { FileError } from '../core/settings/file-problem.ts'
import { TracesError } from '../core/tracer.ts'
import { DriverError } from '../db/connection/driver.ts'
import { EmbeddedServerError } from '../db/embedded/index.ts'
import { explainFailure } from '../operations/doctor/explain/failures.ts'

/** Why the service cannot start: one line each, without a stack and without secrets. */
export class StartError extends Error {
  override name = 'StartError'
  constructor(lines: readonly string[]) {
    super(lines.join('\n'))
  }
}

/** Errors whose message is written for the operator. */
const FOR_THE_OPERATOR = [StartError, EmbeddedServerError, DriverError, FileError, TracesError]

/**
 * Tells the operator why the service does not start, or a command fails, and exits with 1.
 * Unforeseen errors are thrown again.
 */
export function refuse(error: unknown, what = 'Latchkey cannot start'): never {
  const reason = reasonOf(error, what)
  if (reason === null) throw error
  process.stderr.write(`${reason}\n\`npm run doctor\` says more.\n`)
  process.exit(1)
}

function reasonOf(error: unknown, what: string): string | null {
  if (FOR_THE_OPERATOR.some((kind) => error instanceof kind)) return (error as Error).message
  if (error instanceof LatchkeyError) {
    const { database } = error.evidence
    const why =
      typeof database === 'string' ? [`(${database})`, ...explainFailure(database, 'en')] : []
    return [`${what}:`, error.message, ...why].join(' ')
  }
  const { code, message, port, address, hostname } = error as NodeJS.ErrnoException & {
    port?: number
    address?: string
    hostname?: string
  }
  if (code === 'EADDRINUSE') {
    return `Port ${port} is in use. Stop what listens there, or set PORT (and PUBLIC_URL) to another one.`
  }
  if (code === 'EACCES' && port !== undefined) {
    return `This user may not listen on port ${port}. Set PORT to one from 1024 up and let a proxy listen on ${port}, or give the process the right (CAP_NET_BIND_SERVICE).`
  }
  if (hostname !== undefined) {
    return `HOST is ${hostname}, which this machine knows no address of (${code}). Set HOST to a name or address of its own (IPv6 without brackets), or 0.0.0.0 for all.`
  }
  if (code === 'EADDRNOTAVAIL') {
    return `HOST is ${address}, which is no address of this machine. Set HOST to one of its own, or 0.0.0.0 for all.`
  }
  // A system error's message names the call and the address or folder, and nothing secret.
  return code === undefined ? null : `${what}: ${message}`
}
