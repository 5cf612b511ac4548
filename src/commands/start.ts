import { LatchkeyError } from '../core/errors.ts'
import { type Database, type DatabaseLocation, openDatabase } from '../db/client.ts'
import { DriverError, requireMendedDriver } from '../db/driver.ts'
import {
  type EmbeddedServer,
  EmbeddedServerError,
  startEmbeddedServer,
} from '../db/embedded/index.ts'
import { codeOf } from '../db/failures.ts'
import { migrateDatabase } from '../db/migrate.ts'
import { NoFitHostError } from '../db/primary.ts'
import { createStores } from '../db/stores/index.ts'
import { explainFailure } from '../operations/doctor/failures.ts'
import { readEnvironment } from '../settings/environment.ts'
import { readSettings, type Settings, SettingsError } from '../settings/index.ts'
import { readOrMakeSecret } from '../settings/secret-file.ts'

/** The last line of a start that failed. */
const SAYS_MORE = '`npm run doctor` says more.'

// The process: settings -> database -> app -> listen -> close.
const DRAIN_MS = 30_000

/** Tells the operator why the service does not start, without a stack trace, and ends. */
function refuse(message: string): never {
  process.stderr.write(`${message}\n${SAYS_MORE}\n`)
  process.exit(1)
}

async function findDatabase(
  settings: Settings,
): Promise<{ location: DatabaseLocation; embedded: EmbeddedServer | null }> {
  if (settings.database.url !== null) {
    return { location: { url: settings.database.url }, embedded: null }
  }
  const embedded = await startEmbeddedServer({
    dataDir: settings.dataDir,
    log: (line) => process.stderr.write(`${line}\n`),
  })
  return { location: embedded.connection, embedded }
}

/** What may be over in a moment: a server that starts, or a failover. Everything else needs a person. */
const PASSING =
  /^(ECONNREFUSED|ECONNRESET|ENOENT|CONNECTION_CLOSED|CONNECT_TIMEOUT|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|NO_FIT_HOST|READ_ONLY|25006|53300|57P0[123])$/
const TOLD_AFTER_MS = 3_000
const PATIENCE_MS = 30_000

/** Migrates; a database that is still starting is told of after three seconds and waited for thirty. */
async function migrate(location: DatabaseLocation): Promise<void> {
  const startedAt = performance.now()
  let isTold = false
  for (;;) {
    try {
      return await migrateDatabase(location)
    } catch (error) {
      const code = codeOf(error)
      // An error of ours, or one that is no failure of the database.
      if (code === undefined) throw error
      const each = error instanceof NoFitHostError ? `${error.message}: ` : ''
      const why = explainFailure(code, 'en')
      const what = [`The database cannot be used (${each}${code}).`, ...why].join(' ')
      const waitedMs = performance.now() - startedAt
      if (!PASSING.test(code) || waitedMs > PATIENCE_MS) refuse(what)
      if (waitedMs > TOLD_AFTER_MS && !isTold) {
        process.stderr.write(`${what} Trying for ${PATIENCE_MS / 1000} seconds …\n`)
        isTold = true
      }
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
}

async function serve(): Promise<void> {
  requireMendedDriver()
  const settings = readSettings(readEnvironment())
  // The modules of the app load while the database starts.
  const [{ location, embedded }, { buildApp }, { standardOutput }] = await Promise.all([
    findDatabase(settings),
    import('../app/app.ts'),
    import('../http/logging.ts'),
  ])
  let database: Database | null = null
  try {
    await migrate(location)
    database = openDatabase(location, settings.database)
    const stores = createStores(database, {
      ...settings.people,
      sessionsPerUser: settings.sessionsPerUser,
      trustedProviders: settings.trustedProviders,
    })
    const secrets = settings.secrets ?? [readOrMakeSecret(settings.dataDir)]
    const app = await buildApp(settings, { stores, secrets, logStream: standardOutput() })
    await app.listen({ port: settings.port, host: settings.host })
    announce(settings)
    await closeOnSignal(async () => {
      await app.close()
      await database?.close()
      await embedded?.stop()
    })
  } catch (error) {
    await database?.close()
    await embedded?.stop()
    throw error
  }
}

function announce(settings: Settings): void {
  const lines = [`Latchkey serves ${settings.publicUrl}`]
  if (settings.emulate.length > 0) {
    lines.push(
      `EMULATED providers, for development only (anybody signs in as anybody): ${settings.emulate.join(', ')}`,
      `Open:     ${settings.publicUrl}${settings.clients.some(({ id }) => id === 'playground') ? '/' : '/login'}`,
      `or:       curl -sL -c jar -b jar '${settings.publicUrl}/login/${settings.emulate[0]}?login_hint=minji'`,
    )
  }
  process.stderr.write(`${lines.join('\n')}\n`)
}

/** What an operator can act on; behind a pooler the usual cause of a protocol violation by its name. */
function reasonOf({ message, evidence: { database } }: LatchkeyError): string {
  const hint = database === '08P01' ? ' Behind PgBouncer, set DATABASE_PREPARE=off.' : ''
  return `Latchkey cannot start: ${message}${database ? ` (${database})` : ''}${hint}`
}

/** Waits for SIGTERM or SIGINT, lets the requests in flight finish, ends with 0. */
function closeOnSignal(close: () => Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    let isClosing = false
    const onSignal = () => {
      if (isClosing) return
      isClosing = true
      setTimeout(() => process.exit(1), DRAIN_MS).unref()
      close().then(
        () => {
          resolve()
          process.exit(0)
        },
        () => process.exit(1),
      )
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
  })
}

/** Serves until it is told to end; where it cannot start, says why and exits with 1. */
export async function start(): Promise<void> {
  try {
    await serve()
  } catch (error) {
    if (
      error instanceof SettingsError ||
      error instanceof EmbeddedServerError ||
      error instanceof DriverError
    ) {
      refuse(error.message)
    }
    if (error instanceof LatchkeyError) refuse(reasonOf(error))
    const { code } = error as { code?: string }
    if (code === 'EADDRINUSE') {
      refuse(
        'The port is in use. Stop what listens there, or set PORT (and PUBLIC_URL) to another one.',
      )
    }
    // A system error's message names the call and the address or folder, and nothing secret.
    if (code !== undefined) refuse(`Latchkey cannot start: ${(error as Error).message}`)
    throw error
  }
}
