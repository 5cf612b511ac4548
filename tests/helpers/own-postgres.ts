import { chmod, chown, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import postgres from 'postgres'
import { expect, vi } from 'vitest'
import { findPostgresBinaries } from '../../src/db/embedded/binaries.ts'
import {
  choosePostgresFolder,
  handOver,
  makeSocketFolder,
  type PostgresFolder,
} from '../../src/db/embedded/folder.ts'
import { startWatched, type WatchedProcess } from '../../src/db/embedded/process.ts'
import { type MadeFolder, makePostgresFolder, SUPERUSER } from './postgres-folder.ts'
import { freePort, newFolder } from './server-process.ts'

const PASSWORD = 'password-of-tests'

/** A PostgreSQL server on 127.0.0.1 that a test may harm: it wants passwords (SCRAM), and is started by hand. */
export interface OwnPostgres {
  port: number
  /** Of the database `latchkey`, for the role `latchkey` that owns it. */
  url: string
  /** Starts the server, and waits until it answers. */
  start(): Promise<void>
  /** Ends it: SIGINT asks for a fast shutdown, SIGQUIT for an immediate one, SIGKILL for none. */
  stop(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void>
  /** Stops all its processes where they are, or lets them go on: SIGSTOP and SIGCONT. */
  freeze(isFrozen: boolean): Promise<void>
  /** Runs a statement as the superuser. */
  asSuperuser<Row extends object>(statement: string, database?: string): Promise<Row[]>
  /** A connection of the superuser that stays until it is ended. */
  hold(): postgres.Sql
  /** A cold copy as a streaming standby of this one, not started. The server must be stopped. */
  copyAsStandby(): Promise<OwnPostgres>
  /** Stops it and removes its folder. */
  remove(): Promise<void>
}

/** Makes a server with these settings and files in its folder, and starts it with an empty database `latchkey`. */
export async function createOwnPostgres(
  settings: Record<string, string | number> = {},
  files: Record<string, string> = {},
): Promise<OwnPostgres> {
  const made = await makePostgresFolder(findPostgresBinaries(), PASSWORD)
  const { user, path: data } = made.folder
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(data, name), text, { mode: 0o600 })
    if (user !== undefined) await chown(join(data, name), user.uid, user.gid)
  }
  const server = control({ ...made, settings, port: await freePort() })
  await server.start()
  await server.asSuperuser(`create role latchkey login password '${PASSWORD}'`)
  await server.asSuperuser('create database latchkey owner latchkey')
  return server
}

interface Parts extends MadeFolder {
  settings: Record<string, string | number>
  port: number
}

function control({ home, folder, binaries, sockets, settings, port }: Parts): OwnPostgres {
  const { user, path: data } = folder
  let server: WatchedProcess | null = null
  const login = (database = 'postgres', max = 1) =>
    postgres({
      ...{ host: '127.0.0.1', port, username: SUPERUSER, password: PASSWORD, database, max },
      ...{ fetch_types: false, onnotice: () => undefined, backoff: () => 0.05 },
    })
  const own: OwnPostgres = {
    port,
    url: `postgres://latchkey:${PASSWORD}@127.0.0.1:${port}/latchkey`,
    async start() {
      const all = {
        ...{ listen_addresses: '127.0.0.1', port, unix_socket_directories: sockets },
        ...{ fsync: 'off', full_page_writes: 'off', synchronous_commit: 'on', max_connections: 40 },
        ...settings,
      }
      const given = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
      const command = binaries.postgres
      server = startWatched({ command, args: ['-D', data, ...given], data, sockets, user })
      const { lines } = server
      await vi
        .waitFor(() => own.asSuperuser('select 1'), { timeout: 20_000 })
        .catch((error) => {
          throw new Error(`PostgreSQL does not answer: ${error}; it said ${lines.join('\n')}`)
        })
    },
    async stop(signal) {
      if (server?.pid === undefined) return
      process.kill(server.pid, signal)
      await server.ended
      server = null
    },
    async freeze(isFrozen) {
      const postmaster = server?.pid
      if (postmaster === undefined) return
      const children = await readFile(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8')
      for (const pid of [postmaster, ...children.trim().split(' ').map(Number)]) {
        try {
          process.kill(pid, isFrozen ? 'SIGSTOP' : 'SIGCONT')
        } catch (error) {
          // A backend may have ended since it was listed; the server itself may not.
          if (pid === postmaster || (error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
        }
      }
    },
    async asSuperuser(statement, database) {
      const sql = login(database)
      try {
        return [...(await sql.unsafe(statement))] as never[]
      } finally {
        await sql.end()
      }
    },
    hold: () => login('latchkey'),
    async copyAsStandby() {
      expect(server).toBeNull()
      const copyHome = await newFolder()
      const copy = await choosePostgresFolder(copyHome.path, () => undefined)
      await cp(data, copy.path, { recursive: true, verbatimSymlinks: true })
      await writeFile(join(copy.path, 'standby.signal'), '')
      const source = `host=127.0.0.1 port=${port} user=${SUPERUSER} password=${PASSWORD}`
      await writeFile(
        join(copy.path, 'postgresql.auto.conf'),
        `primary_conninfo = '${source}'\nprimary_slot_name = ''\n`,
      )
      await handOverAll(copy)
      return control({
        ...{ home: copyHome, folder: copy, binaries, settings },
        sockets: await makeSocketFolder(copy.user),
        port: await freePort(),
      })
    },
    async remove() {
      await own.stop('SIGQUIT')
      await rm(sockets, { recursive: true, force: true })
      await home.remove()
    },
  }
  return own
}

/** Gives a copied folder to whom the server runs as, and to nobody else. */
async function handOverAll({ path, user }: PostgresFolder): Promise<void> {
  for (const entry of await readdir(path, { recursive: true })) {
    if (user !== undefined) await chown(join(path, entry), user.uid, user.gid)
  }
  await handOver(path, user)
  await chmod(path, 0o700)
}
