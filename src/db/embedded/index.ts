import { spawn } from 'node:child_process'
import { mkdtemp, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  chooseBinaries,
  findPostgresBinaries,
  type PostgresBinaries,
  type TriedBinaries,
} from './binaries.ts'
import { programsFor } from './elsewhere.ts'
import { EmbeddedServerError, notStarted } from './error.ts'
import {
  choosePostgresFolder,
  handOver,
  makeSocketFolder,
  type PostgresFolder,
  readDataVersion,
  removeLeftovers,
  removeTree,
} from './folder.ts'
import { ensureDatabase, type OwnConnection, query, SUPERUSER, USERNAME } from './own-database.ts'
import { startWatched, type WatchedProcess } from './process.ts'
import { PORT, readPidFile, startServer } from './server.ts'
import { supervise } from './supervise.ts'

export { EmbeddedServerError } from './error.ts'

/** A PostgreSQL server that Latchkey started for itself. */
export interface EmbeddedServer {
  /** Options for the postgres.js client; `host` is the private folder of the socket. */
  connection: OwnConnection
  /** Resolves when it was stopped; if the server ends in any other way, it is started again. */
  ended: Promise<void>
  /**
   * Syncs a new data folder to the disk in the background; to be called once the start is over,
   * which waiting for the disk can double. Whatever is committed later, PostgreSQL syncs itself.
   */
  bringToDisk(): void
  /** Shuts the server down; open connections are closed, and no committed row is lost. */
  stop(): Promise<void>
}

/** Options of the embedded server. */
export interface EmbeddedServerOptions {
  /** Made if missing; the data goes to the folder `postgres` in it. */
  dataDir: string
  /** False is faster and can lose data in a power cut, for tests. Default: true. */
  durable?: boolean
  /** Made if missing. Default: `latchkey`. */
  database?: string
  /** Called with the few messages that an operator should see. */
  log?: (line: string) => void
  /** Called once PostgreSQL's programs run and nothing waits for this process. */
  atWork?: () => void
  /** Finds PostgreSQL's programs. Default: npm package, PATH, /usr/lib/postgresql. */
  findBinaries?: () => AsyncIterable<PostgresBinaries>
}

/**
 * Starts PostgreSQL on a private unix socket, and makes its data folder at the first start. The
 * server stops with this process, however that ends, and does not keep it alive. If this process is
 * root, the server runs as `nobody`, and if that user cannot enter `dataDir`, the data goes to
 * /var/lib/latchkey.
 *
 * @throws EmbeddedServerError when that cannot be done, or another process uses the data folder.
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  if (process.platform === 'win32') {
    throw new EmbeddedServerError(
      'The embedded database is not supported on Windows. Set DATABASE_URL to a PostgreSQL server.',
    )
  }
  try {
    return await start(options)
  } catch (cause) {
    // An error of the file system, for example that the disk is full or read-only.
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause
    throw notStarted(options.dataDir, cause)
  }
}

/**
 * How to connect to the server that another of our processes runs in this folder; null if none
 * runs.
 */
export async function joinEmbeddedServer(
  dataDir: string,
  database = 'latchkey',
): Promise<EmbeddedServer['connection'] | null> {
  const folder = await choosePostgresFolder(dataDir, () => undefined)
  const { status, sockets } = await readPidFile(folder.path)
  if (status !== 'ready' || sockets === '') return null
  const connection = { host: sockets, port: PORT, database, username: USERNAME }
  // The file may be left by a killed server: then its socket is gone.
  return query(connection, (sql) => sql`select 1`).then(
    () => connection,
    () => null,
  )
}

async function start(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const { durable = true, database = 'latchkey' } = options
  const { log = () => undefined, atWork = () => undefined } = options
  const folder = await choosePostgresFolder(options.dataDir, log)
  const candidates = (options.findBinaries ?? findPostgresBinaries)()
  const programs = await programsFor(folder.home)
  const binaries = await chooseBinaries(candidates, programs, folder.user)
  for (const place of new Set([folder.home, programs])) await removeLeftovers(place)
  const sockets = await makeSocketFolder(folder.user)
  let server: WatchedProcess | undefined
  try {
    const dataVersion = await readDataVersion(folder.path)
    if (dataVersion) refuseOtherVersion(folder.path, dataVersion, binaries)
    else await initialise(folder, binaries, { sockets, atWork })
    const launch = () => startServer(folder, binaries, sockets, durable)
    const starts = launch()
    atWork()
    server = await starts
    const connection = { host: sockets, port: PORT, database, username: USERNAME }
    await ensureDatabase(connection)
    const isNew = dataVersion === undefined && durable
    const bringToDisk = () => {
      if (isNew) syncInBackground(folder, binaries)
    }
    const supervision = supervise(server, { start: launch, sockets, path: folder.path, log })
    return { connection, bringToDisk, ...supervision }
  } catch (error) {
    await server?.stop()
    await rm(sockets, { recursive: true, force: true })
    throw error
  }
}

/**
 * Runs initdb in a folder beside the final one, so that a data folder is either complete or absent.
 */
async function initialise(
  folder: PostgresFolder,
  binaries: TriedBinaries,
  { sockets, atWork }: { sockets: string; atWork: () => void },
): Promise<void> {
  const fresh = await mkdtemp(join(folder.home, 'postgres.new-'))
  try {
    await handOver(fresh, folder.user)
    const args = ['-D', fresh, `--username=${SUPERUSER}`, '--encoding=UTF8', '--locale=C']
    args.push('--auth-local=trust', '--auth-host=reject', '--no-sync')
    const { user } = folder
    const initdb = startWatched({ command: binaries.initdb, args, data: fresh, sockets, user })
    atWork()
    const ending = await initdb.ended
    if (initdb.exitCode() !== 0) {
      throw new EmbeddedServerError(
        `A new database could not be made in ${folder.path} (initdb: ${ending}). Its last ` +
          `words:\n${initdb.lines.join('\n')}\n${whatHelps(initdb.lines)}`,
      )
    }
    await rename(fresh, folder.path)
  } catch (error) {
    await removeTree(fresh)
    // Another process finished its first start before this one; starting the server shows who has
    // the folder.
    if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/** PostgreSQL needs its user to have a name, but a container can run as a number without one. */
function whatHelps(lines: readonly string[]): string {
  const isNameless = lines.some((line) => line.includes('could not look up effective user ID'))
  return isNameless
    ? 'This user has a number and no name here, which PostgreSQL needs: run as a user that ' +
        '/etc/passwd has (in a container of Node.js: --user node), or set DATABASE_URL to a server.'
    : 'Solve that, or set DATABASE_URL to a server.'
}

function refuseOtherVersion(path: string, dataVersion: string, binaries: TriedBinaries): void {
  const major = binaries.version.split(/\D/)[0]
  if (major === dataVersion) return
  throw new EmbeddedServerError(
    `The database folder ${path} was written by PostgreSQL ${dataVersion}, but the programs here ` +
      `are version ${binaries.version} (${binaries.postgres}). Move the data with pg_dump of ` +
      `version ${dataVersion}, or set DATA_DIR to a new folder, or set DATABASE_URL.`,
  )
}

/**
 * Syncs everything that initdb wrote, and the folder's name, since a power cut could undo the
 * rename.
 */
function syncInBackground(folder: PostgresFolder, binaries: TriedBinaries): void {
  const ignore = () => undefined
  open(folder.home, 'r')
    .then((home) => home.sync().finally(() => home.close()))
    .catch(ignore)
  const args = ['--sync-only', '-D', folder.path]
  spawn(binaries.initdb, args, { stdio: 'ignore', env: { LC_ALL: 'C' }, cwd: '/', ...folder.user })
    .on('error', ignore)
    .unref()
}
