import { PLAYGROUND } from '../core/client/client.ts'
import { fileProblemText } from '../core/settings/file-problem.ts'
import { type Database, type DatabaseLocation, openDatabase } from '../db/client.ts'
import { requireMendedDriver } from '../db/connection/driver.ts'
import { type EmbeddedServer, startEmbeddedServer } from '../db/embedded/index.ts'
import { doctorTexts } from '../operations/doctor/texts/texts.ts'
import {
  lendToOpenTelemetry,
  namesCutInFile,
  readEnvironment,
  readEnvironmentFile,
} from '../settings/environment.ts'
import { collectSettings, type Settings, SettingsError } from '../settings/index.ts'
import { openToOthers } from '../settings/open-folder.ts'
import { Reader } from '../settings/reader.ts'
import { readOrMakeSecret } from '../settings/secret-file.ts'
import { checkGivenNames, isHostForgotten } from './given-names.ts'
import type { EndAfter } from './process/end-on-signal.ts'
import { letHeapGrow } from './process/small-heap.ts'
import { refuse, StartError } from './refuse.ts'
import { storeRules } from './store-rules.ts'

// The process: settings -> database -> app -> listen -> close.

/**
 * The settings, and warnings about variables without effect. Throws if the server cannot run with
 * them.
 */
function readAll(): { settings: Settings; warnings: string[] } {
  const file = readEnvironmentFile()
  const env = readEnvironment(file)
  const reader = new Reader(env)
  const settings = collectSettings(reader)
  const words = doctorTexts.en
  const warnings = checkGivenNames(reader, { env, file, cut: namesCutInFile() }, words)
    .filter(({ level }) => level === 'warning')
    .map(({ text }) => text)
  if (isHostForgotten(settings)) warnings.push(words.hostInContainer)
  if (reader.problems.length > 0)
    throw new StartError([new SettingsError(reader).message, ...warnings])
  if (settings.traces !== null) lendToOpenTelemetry(env)
  return { settings, warnings }
}

async function findDatabase(
  settings: Settings,
  atWork: () => void,
): Promise<{ location: DatabaseLocation; embedded: EmbeddedServer | null }> {
  if (settings.database.url !== null) {
    return { location: { url: settings.database.url }, embedded: null }
  }
  process.stderr.write(`Starting PostgreSQL in ${settings.dataDir} …\n`)
  const embedded = await startEmbeddedServer({
    dataDir: settings.dataDir,
    atWork,
    log: (line) => process.stderr.write(`${line}\n`),
  })
  return { location: embedded.connection, embedded }
}

async function serve(endAfter: EndAfter): Promise<void> {
  // Its target may be full or closed: that is no reason to end the process.
  process.stderr.on('error', () => {})
  requireMendedDriver()
  const { settings, warnings } = readAll()
  let atWork = () => {}
  const isAtWork = new Promise<void>((resolve) => {
    atWork = resolve
  })
  const found = findDatabase(settings, atWork)
  // The app's modules load while the database starts, and not before: loading blocks everything
  // else.
  const loaded = Promise.race([isAtWork, found]).then(() =>
    Promise.all([
      import('../app/app.ts'),
      import('../db/stores/index.ts'),
      import('../http/log/standard-output.ts'),
      import('./wait-for-database.ts'),
      import('../app/app.ts').then(({ loadAhead }) => loadAhead(settings)),
    ]),
  )
  const [{ location, embedded }, modules] = await Promise.all([found, loaded])
  const [{ buildApp }, { createStores }, { standardOutput }, { waitAndMigrate }] = modules
  let database: Database | null = null
  try {
    await waitAndMigrate(location)
    database = openDatabase(location, settings.database)
    const stores = createStores(database, storeRules(settings))
    const secrets = settings.secrets ?? [readOrMakeSecret(settings.dataDir)]
    const app = await buildApp(settings, {
      stores,
      secrets,
      logStream: standardOutput(settings.logFormat),
    })
    // From the first request on, and not only once it was announced; begun addresses come first.
    let listening: Promise<unknown> = Promise.resolve()
    const ended = endAfter(async () => {
      await listening.catch(() => undefined)
      await app.close()
      await database?.close()
      await embedded?.stop()
    })
    listening = app.listen({ port: settings.port, host: settings.host })
    await listening
    letHeapGrow()
    embedded?.bringToDisk()
    announce(settings, warnings)
    await ended
  } catch (error) {
    await database?.close()
    await embedded?.stop()
    throw error
  }
}

function announce(settings: Settings, warnings: readonly string[]): void {
  const open = openToOthers(settings).map((problem) => fileProblemText(problem, 'en'))
  const lines = [...warnings, ...open, `Latchkey serves ${settings.publicUrl}`]
  if (settings.emulate.length > 0) {
    lines.push(
      `EMULATED providers, for development only (anybody signs in as anybody): ${settings.emulate.join(', ')}`,
      `Open:     ${settings.publicUrl}${settings.clients.some(({ id }) => id === PLAYGROUND) ? '/' : '/login'}`,
      `or:       curl -sL -c jar -b jar '${settings.publicUrl}/login/${settings.emulate[0]}?login_hint=minji'`,
    )
  }
  process.stderr.write(`${lines.join('\n')}\n`)
}

/** Serves until it gets a signal to end; if it cannot start, says why and exits with 1. */
export async function start(endAfter: EndAfter): Promise<void> {
  try {
    await serve(endAfter)
  } catch (error) {
    refuse(error)
  }
}
