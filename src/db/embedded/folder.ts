import { execFile } from 'node:child_process'
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { FileError } from '../../core/settings/file-problem.ts'
import { followLink, keepElsewhere, makeEnterable, withFolder } from './elsewhere.ts'
import { EmbeddedServerError } from './error.ts'

const run = promisify(execFile)
/**
 * A half-made copy of the programs, which cannot be locked, counts as left behind after this time.
 */
const STALE_MS = 10 * 60_000
/** The longest time between making a folder and its program's lock on it. */
const BEGUN_MS = 5_000

/** The system user that the server runs as, when it is not the user of this process. */
export interface ServerUser {
  uid: number
  gid: number
}

/** Where the data is, and which user works on it. */
export interface PostgresFolder {
  /** The parent folder of the data, where new folders can be made. */
  home: string
  /** The data folder of PostgreSQL; it may not exist yet. */
  path: string
  /** Set if this process is root, which PostgreSQL refuses to run as. */
  user: ServerUser | undefined
}

/**
 * Chooses the data folder below `dataDir`. As root the server runs as the owner of the data, or as
 * `nobody` for new data; if that user cannot enter `dataDir`, the data is kept below
 * /var/lib/latchkey instead, with a link to it, and `log` gets a line about that.
 */
export async function choosePostgresFolder(
  dataDir: string,
  log: (line: string) => void,
): Promise<PostgresFolder> {
  const home = resolve(dataDir)
  const path = postgresFolderIn(dataDir)
  if (process.getuid?.() !== 0) {
    await mkdir(home, { recursive: true })
    await requireOwner(path)
    return { home, path, user: undefined }
  }

  await makeEnterable(home)
  const linked = await followLink(path)
  const here = await enterable(linked ?? path)
  if (here !== null) return here
  const elsewhere = await enterable(await keepElsewhere(path))
  if (elsewhere === null) throw new EmbeddedServerError(`${path} leads where nobody can enter.`)
  log(
    `${home} cannot be entered by the user of the database (uid ${elsewhere.user?.uid}): ` +
      `the data is kept in ${elsewhere.path}, to which ${path} leads`,
  )
  return elsewhere
}

/**
 * This data folder and a user who can enter it; null if there is no data yet and its user cannot
 * enter.
 */
async function enterable(path: string): Promise<PostgresFolder | null> {
  const [home, hasData] = [dirname(path), await holdsData(path)]
  const user = await userFor(path)
  if (await canEnter(hasData ? path : home, user)) return { home, path, user }
  if (!hasData) return null
  throw new EmbeddedServerError(
    `The database folder ${path} cannot be entered by its owner (uid ${user.uid}), because a ` +
      'folder above it is private. Make the folders above it enterable again (chmod o+x), or ' +
      'set DATA_DIR to another folder, or set DATABASE_URL.',
  )
}

/** The data's folder in `dataDir`, unless root has to keep it elsewhere. */
export const postgresFolderIn = (dataDir: string): string => join(resolve(dataDir), 'postgres')

/** Throws if the data belongs to another user, since only root could run as that user. */
export async function requireOwner(path: string): Promise<void> {
  const uid = process.getuid?.()
  const owner = await ownerOf(path)
  if (uid === 0 || owner === undefined || owner.uid === uid) return
  throw new FileError({ reason: 'data_of_another', path, owner: owner.uid, own: uid })
}

/**
 * Makes a private folder for the server's socket, with a path short enough for a socket address.
 */
export async function makeSocketFolder(user: ServerUser | undefined): Promise<string> {
  // Socket addresses end at 103 bytes on macOS and 107 on Linux; commas and spaces would be split.
  const fits = (path: string) => path.length < 60 && /^[\w/.+-]+$/.test(path)
  const candidates = [tmpdir(), '/tmp'].filter(fits)
  for (const parent of candidates) {
    const folder = await mkdtemp(join(parent, 'latchkey-')).catch(() => undefined)
    if (!folder) continue
    try {
      await handOver(folder, user)
      if (!user || (await canEnter(folder, user))) return folder
    } catch (error) {
      await rm(folder, { recursive: true })
      throw error
    }
    await rm(folder, { recursive: true })
  }
  throw new EmbeddedServerError(
    `No folder for the database's socket can be made in ${candidates.join(' or ')}. ` +
      'Make /tmp writable (mode 1777), or set DATABASE_URL.',
  )
}

/** Changes the owner of a folder that root made to the server's user. */
export async function handOver(folder: string, user: ServerUser | undefined): Promise<void> {
  if (!user) return
  await withFolder(folder, (opened) => opened.chown(user.uid, user.gid)).catch((cause) => {
    throw mayNot(`give ${folder} to uid ${user.uid}`, cause)
  })
}

/**
 * Removes a folder without following a link that another user puts into it meanwhile, as Node.js
 * would.
 */
export async function removeTree(path: string): Promise<void> {
  await run('rm', ['-rf', '--', path]).catch((error) => {
    if (error.code !== 'ENOENT') throw error
    // In a container without programs there are no other users.
    return rm(path, { recursive: true, force: true })
  })
}

/**
 * Removes what a killed start left behind: old files, and a half-made data folder that no process
 * works in.
 */
export async function removeLeftovers(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    const path = join(home, name)
    const [, copied] = /^postgres(-binaries)?\.new-/.exec(name) ?? [null, null]
    if (copied === null) continue
    const found = await lstat(path).catch(() => undefined)
    const age = Date.now() - (found?.mtimeMs ?? Date.now())
    const isLeft = copied === undefined && age > BEGUN_MS && (await isFree(path))
    if (isLeft || age > STALE_MS) await removeTree(path)
  }
}

/**
 * Whether no program has locked this folder (`process.ts`); if that is unknown, it counts as
 * locked.
 */
const isFree = (folder: string): Promise<boolean> =>
  run('flock', ['-n', folder, 'true']).then(
    () => true,
    () => false,
  )

/**
 * The major version that wrote the data, or undefined if there is none yet; behind a link, no data
 * is an error.
 */
export async function readDataVersion(path: string): Promise<string | undefined> {
  const entries = await readdir(path).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  if (entries.length === 0) {
    const target = await readlink(path).catch(() => null)
    if (target !== null) throw new FileError({ reason: 'data_behind_link', path, target })
    return undefined
  }
  const version = await readFile(join(path, 'PG_VERSION'), 'utf8').catch(() => undefined)
  const control = await lstat(join(path, 'global/pg_control')).catch(() => undefined)
  if (/^\d+\s*$/.test(version ?? '') && control) return version?.trim()
  throw new FileError({ reason: 'data_incomplete', path })
}

async function holdsData(path: string): Promise<boolean> {
  return (await readdir(path).catch((): string[] => [])).length > 0
}

async function ownerOf(path: string): Promise<ServerUser | undefined> {
  const found = await lstat(path).catch(() => undefined)
  return found && { uid: found.uid, gid: found.gid }
}

/** The data's owner; if that is root, as for a restored backup, `nobody` gets the data. */
async function userFor(path: string): Promise<ServerUser> {
  const owner = await ownerOf(path)
  if (owner && owner.uid !== 0) return owner
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(passwd) ?? []
  const nobody = { uid: Number(uid ?? 65534), gid: Number(gid ?? 65534) }
  if (owner) {
    await run('chown', ['-R', `${nobody.uid}:${nobody.gid}`, path]).catch((cause) => {
      throw mayNot(`give ${path} to uid ${nobody.uid}`, cause)
    })
  }
  return nobody
}

async function canEnter(path: string, user: ServerUser): Promise<boolean> {
  try {
    // Asking the system is safer than computing modes, groups and access lists.
    await run('/bin/sh', ['-c', 'cd "$0"', path], { cwd: '/', ...user })
    return true
  } catch (cause) {
    // A number is the shell's exit code; a text means that it could not be started.
    if (typeof (cause as { code?: unknown }).code === 'number') return false
    throw mayNot(`start a program as uid ${user.uid}`, cause)
  }
}

function mayNot(what: string, cause: unknown): EmbeddedServerError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new EmbeddedServerError(
    `Latchkey runs as root but may not ${what} (${reason}), and PostgreSQL refuses to run as ` +
      'root. Run Latchkey as an ordinary user, or set DATABASE_URL.',
    { cause },
  )
}
