import { rm } from 'node:fs/promises'
import postgres from 'postgres'
import { vi } from 'vitest'
import { findInstalledBinaries } from '../../src/db/embedded/binaries.ts'
import type { ServerUser } from '../../src/db/embedded/folder.ts'
import { startWatched } from '../../src/db/embedded/process.ts'
import { makePostgresFolder, SUPERUSER } from './postgres-folder.ts'
import { freePort } from './server-process.ts'

const PASSWORD = 'password of the superuser'

/** A server of the PostgreSQL that the system's packages brought, as an operator has one. */
export interface InstalledPostgres {
  /** It listens there on 127.0.0.1, and wants passwords (SCRAM). */
  port: number
  /** Who the server runs as; undefined where that is who runs the tests. */
  user: ServerUser | undefined
  /** Runs statements one by one as the superuser; gives the rows of the last. */
  asSuperuser<Row extends object>(statements: string, database?: string): Promise<Row[]>
  /** The URL of one of its databases for the role `latchkey`. */
  url(password: string, database: string): string
  stop(): Promise<void>
}

/** Why there can be none here; null where there can. */
export async function whyNoInstalledPostgres(): Promise<string | null> {
  const { done } = await findInstalledBinaries().next()
  return done === true ? 'needs an installed PostgreSQL: apt-get install postgresql' : null
}

/** Starts one with a new data folder, which is removed at the end. */
export async function startInstalledPostgres(): Promise<InstalledPostgres> {
  const made = await makePostgresFolder(findInstalledBinaries(), PASSWORD)
  const { home, sockets } = made
  const { user, path: data } = made.folder
  const command = made.binaries.postgres
  const port = await freePort()
  const settings = {
    ...{ listen_addresses: '127.0.0.1', port, unix_socket_directories: sockets },
    ...{ fsync: 'off', full_page_writes: 'off' },
  }
  const given = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = startWatched({ command, args: ['-D', data, ...given], data, sockets, user })
  const installed: InstalledPostgres = {
    port,
    user,
    async asSuperuser(statements, database = 'postgres') {
      const login = { host: '127.0.0.1', port, username: SUPERUSER, password: PASSWORD, database }
      const sql = postgres({ ...login, max: 1, fetch_types: false, onnotice: () => undefined })
      try {
        let rows: unknown[] = []
        for (const one of statements.split(/;\n/)) rows = [...(await sql.unsafe(one))]
        return rows as never[]
      } finally {
        await sql.end()
      }
    },
    url: (password, database) =>
      `postgres://latchkey:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`,
    async stop() {
      await server.stop()
      await rm(sockets, { recursive: true, force: true })
      await home.remove()
    },
  }
  await vi
    .waitFor(() => installed.asSuperuser('select 1'), { timeout: 10_000 })
    .catch(async (error) => {
      await installed.stop()
      throw new Error(`PostgreSQL does not answer: ${error}; it said ${server.lines.join('\n')}`)
    })
  return installed
}
