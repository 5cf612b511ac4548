import { join } from 'node:path'
import type { OwnPostgres } from '../helpers/own-postgres.ts'
import {
  freePort,
  newFolder,
  type ServerProcess,
  startServerProcess,
} from '../helpers/server-process.ts'
import { type Load, PEOPLE, startLoad } from './load.ts'

/** Two processes of the built server on one database, which emulate all providers. */
export interface Replicas {
  processes: readonly ServerProcess[]
  /** People at each of them, who stay there: the emulators of two have subjects of their own. */
  startLoads(pauses?: { longestPauseMs: number }): Load[]
  /** Stops them and removes their folder. */
  stop(): Promise<void>
}

/** Starts them; `env` is set beside what they need. */
export async function startReplicas(
  postgres: OwnPostgres,
  env: Readonly<Record<string, string>> = {},
): Promise<Replicas> {
  const folder = await newFolder()
  const processes = [await freePort(), await freePort()].map((port) =>
    startServerProcess(
      {
        DATA_DIR: join(folder.path, `data-${port}`),
        DATABASE_URL: postgres.url,
        DATABASE_POOL: '4',
        SECRET: 'a secret of the tests with more than 32 characters',
        EMULATE: 'all',
        ACCOUNT_LINKING: 'explicit',
        RATE_LIMIT: 'off',
        ...env,
      },
      { cwd: folder.path, port },
    ),
  )
  const replicas: Replicas = {
    processes,
    startLoads: (pauses) =>
      processes.map(({ url }, place) =>
        startLoad(
          [url],
          PEOPLE.filter((_, turn) => turn % processes.length === place),
          pauses,
        ),
      ),
    async stop() {
      await Promise.all(processes.map((one) => one.stop()))
      await folder.remove()
    },
  }
  await Promise.all(processes.map(({ serving }) => serving)).catch(async (error) => {
    await replicas.stop()
    throw error
  })
  return replicas
}
