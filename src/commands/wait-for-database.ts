import { describeAddress, parseDatabaseUrl } from '../core/settings/database-url.ts'
import type { DatabaseLocation } from '../db/client.ts'
import { codeOf } from '../db/connection/failures.ts'
import { NoFitHostError } from '../db/connection/primary.ts'
import { migrateDatabase } from '../db/migrate.ts'
import { explainFailure, saidBy } from '../operations/doctor/explain/failures.ts'
import { StartError } from './refuse.ts'

/**
 * Codes of failures that may pass in a moment: a server that is starting, a failover, or tables
 * that replicas of the previous version are using. All others need a person.
 */
const PASSING =
  /^(ECONNREFUSED|ECONNRESET|ENOENT|CONNECTION_CLOSED|CONNECT_TIMEOUT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|NO_FIT_HOST|READ_ONLY|25006|40P01|53300|55P03|57P0[123])$/
const TOLD_AFTER_MS = 3_000
const PATIENCE_MS = 30_000

/**
 * How long to wait for a table's lock, while everybody else queues behind. At first repeatedly for
 * a moment, in which running statements finish; later for longer than `deadlock_timeout`, after
 * which an autovacuum gives way.
 */
const lockMsAfter = (waitedMs: number) => (waitedMs < 10_000 ? 100 : 3_000)

/**
 * Migrates. A database that is still starting is reported after three seconds and waited for up to
 * thirty.
 */
export async function waitAndMigrate(location: DatabaseLocation): Promise<void> {
  const startedAt = performance.now()
  let isTold = false
  for (;;) {
    try {
      const lockMs = lockMsAfter(performance.now() - startedAt)
      return await migrateDatabase(location, { lockMs })
    } catch (error) {
      const code = codeOf(error)
      // An error of ours, or one that is no failure of the database.
      if (code === undefined) throw error
      const each = error instanceof NoFitHostError ? `${error.message}: ` : ''
      const where =
        'url' in location ? ` at ${describeAddress(parseDatabaseUrl(location.url))}` : ''
      const why = [...explainFailure(code, 'en'), ...saidBy(error)]
      const what = [`The database cannot be used (${each}${code})${where}.`, ...why].join(' ')
      const waitedMs = performance.now() - startedAt
      if (!PASSING.test(code) || waitedMs > PATIENCE_MS) throw new StartError([what])
      if (waitedMs > TOLD_AFTER_MS && !isTold) {
        process.stderr.write(`${what} Trying for ${PATIENCE_MS / 1000} seconds …\n`)
        isTold = true
      }
      await new Promise((resolve) => setTimeout(resolve, code === '55P03' ? 100 : 500))
    }
  }
}
