import { openDatabase } from '../../db/client.ts'
import type { DatabaseLocation } from '../../db/connection/connect.ts'
import { joinEmbeddedServer, startEmbeddedServer } from '../../db/embedded/index.ts'
import { createStores, type Stores } from '../../db/stores/index.ts'
import { readEnvironment } from '../../settings/environment.ts'
import { collectSettings, type Settings } from '../../settings/index.ts'
import { Reader } from '../../settings/reader.ts'
import { storeRules } from '../store-rules.ts'
import { waitAndMigrate } from '../wait-for-database.ts'
import { AdminError } from './usage.ts'

/** What the operator's commands work with, until it is closed. */
export interface AdminStores {
  stores: Stores
  settings: Settings
  close(): Promise<void>
}

/** One run of `latchkey admin`. */
export interface AdminRun extends AdminStores {
  /** The words after the command's name. */
  words: readonly string[]
  flags: {
    now: boolean
    json: boolean
    follow: boolean
    user?: string | undefined
    type?: string | undefined
    since?: string | undefined
    from?: string | undefined
    'dry-run': boolean
  }
}

/**
 * Opens the server's database: that of DATABASE_URL; else the running embedded server; else the
 * embedded server, started for this command.
 */
export async function openStores(): Promise<AdminStores> {
  const reader = new Reader(readEnvironment())
  const settings = collectSettings(reader)
  const wrong = reader.problems.filter((line) => /DATABASE|DATA_DIR/.test(line))
  if (wrong.length > 0) throw new AdminError(wrong.join('\n'))
  const { location, stop } = await findDatabase(settings)
  try {
    await waitAndMigrate(location)
    const database = openDatabase(location, { ...settings.database, connections: 2 })
    return {
      stores: createStores(database, storeRules(settings)),
      settings,
      async close() {
        await database.close()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function findDatabase(
  settings: Settings,
): Promise<{ location: DatabaseLocation; stop(): Promise<void> }> {
  const { url } = settings.database
  if (url !== null) return { location: { url }, stop: async () => {} }
  const running = await joinEmbeddedServer(settings.dataDir)
  if (running !== null) return { location: running, stop: async () => {} }
  const server = await startEmbeddedServer({
    dataDir: settings.dataDir,
    log: (line) => process.stderr.write(`${line}\n`),
  })
  server.bringToDisk()
  return { location: server.connection, stop: server.stop }
}
