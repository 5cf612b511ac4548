import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PostgresBinaries } from './binaries.ts'
import { EmbeddedServerError } from './error.ts'
import type { PostgresFolder } from './folder.ts'
import { LOCKED, startWatched, type WatchedProcess } from './process.ts'

/** Names the socket file; nothing listens on a network. */
export const PORT = 5432

const HELD_MS = 2_000
const STOPPING_MS = 15_000
const READY_MS = 120_000
const HELD = /lock file "postmaster\.pid" already exists|pre-existing shared memory block/

/**
 * Starts the server and waits until it takes connections. If an earlier one is shutting down, waits
 * for that; if it stays, throws an EmbeddedServerError.
 */
export async function startServer(
  folder: PostgresFolder,
  binaries: PostgresBinaries,
  sockets: string,
  durable: boolean,
): Promise<WatchedProcess> {
  const args = ['-D', folder.path, ...serverSettings(sockets, durable)]
  const launch = { command: binaries.postgres, args, data: folder.path, sockets, user: folder.user }
  const startedAt = performance.now()
  for (;;) {
    const server = startWatched(launch)
    const ending = await Promise.race([untilReady(server, folder.path), server.ended])
    if (ending === undefined) return server
    const held = server.exitCode() === LOCKED || server.lines.some((line) => HELD.test(line))
    if (!held) {
      await server.stop()
      throw new EmbeddedServerError(
        `The embedded database in ${folder.path} did not start (${ending}). Its last words:\n` +
          `${server.lines.join('\n')}\nSolve that, or set DATABASE_URL to a PostgreSQL server.`,
      )
    }
    const { status } = await readPidFile(folder.path)
    // An empty status: its pid file is already gone, or not written yet.
    const patienceMs = status === 'stopping' || status === '' ? STOPPING_MS : HELD_MS
    if (performance.now() - startedAt > patienceMs) {
      throw new EmbeddedServerError(
        `The database folder ${folder.path} is in use by another running Latchkey. Stop that ` +
          'one, or set DATA_DIR to another folder for this, or give both the same DATABASE_URL.',
      )
    }
    await sleep(50)
  }
}

function serverSettings(sockets: string, durable: boolean): string[] {
  const settings: Record<string, string | number> = {
    listen_addresses: '',
    port: PORT,
    unix_socket_directories: sockets,
    unix_socket_permissions: '0700',
    shared_buffers: '64MB',
    max_connections: 60,
    max_wal_size: '256MB',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    logging_collector: 'off',
    log_destination: 'stderr',
    // Errors of statements only go to the client: their texts contain values such as e-mail
    // addresses.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_statement: 'none',
    log_parameter_max_length: 0,
    log_parameter_max_length_on_error: 0,
    log_checkpoints: 'off',
  }
  if (!durable) {
    for (const name of ['fsync', 'synchronous_commit', 'full_page_writes']) settings[name] = 'off'
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** Resolves to undefined when the server takes connections, else to what is wrong. */
async function untilReady(server: WatchedProcess, path: string): Promise<string | undefined> {
  let over = server.pid === undefined
  server.ended.then(() => {
    over = true
  })
  for (const startedAt = performance.now(); performance.now() - startedAt < READY_MS; ) {
    const { pid, status } = await readPidFile(path)
    if (pid === server.pid && status === 'ready') return undefined
    if (over) return server.ended
    await sleep(5)
  }
  return `not ready after ${READY_MS / 1000} seconds`
}

/**
 * Reads the server's lock file: its fifth line is the folder of the socket, its eighth the status.
 */
export async function readPidFile(
  path: string,
): Promise<{ pid: number; status: string; sockets: string }> {
  const text = await readFile(join(path, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  return {
    pid: Number(lines[0]),
    sockets: lines[4]?.trim() ?? '',
    status: lines[7]?.trim() ?? '',
  }
}
