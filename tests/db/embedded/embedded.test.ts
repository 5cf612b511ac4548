import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import postgres from 'postgres'
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { FileError } from '../../../src/core/settings/file-problem.ts'
import { findInstalledBinaries, findPostgresBinaries } from '../../../src/db/embedded/binaries.ts'
import { programsFor } from '../../../src/db/embedded/elsewhere.ts'
import { handOver, readDataVersion, removeLeftovers } from '../../../src/db/embedded/folder.ts'
import {
  type EmbeddedServer,
  EmbeddedServerError,
  type EmbeddedServerOptions,
  startEmbeddedServer,
} from '../../../src/db/embedded/index.ts'
import { whyNotStarted } from '../../../src/db/embedded/look.ts'
import { buildModule } from '../../helpers/built-module.ts'
import { whyMissing } from '../../helpers/programs.ts'

const isRoot = process.getuid?.() === 0
const folders: string[] = []
const servers: EmbeddedServer[] = []
const owners: ChildProcess[] = []
let prepared: string

beforeAll(async () => {
  prepared = await mkdtemp(join(tmpdir(), 'latchkey-prepared-'))
  await chmod(prepared, 0o711)
  const server = await startEmbeddedServer({ dataDir: prepared, durable: false })
  await server.stop()
})

afterEach(async () => {
  for (const owner of owners.splice(0)) owner.kill('SIGKILL')
  await Promise.all(servers.splice(0).map((server) => server.stop()))
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

afterAll(() => rm(prepared, { recursive: true, force: true }))

test('rows written in a first start are there after a restart', async () => {
  const dataDir = join(await newFolder(), 'new', 'data')
  const first = await start({ dataDir, durable: true })
  await query(first, 'create table kept (number int)')
  await query(first, 'insert into kept values (7)')
  await first.stop()
  await expect(query(first, 'select 1')).rejects.toThrow()

  const second = await start({ dataDir, durable: true })
  expect(await query(second, 'select number from kept')).toEqual([{ number: 7 }])
})

test('the app is no superuser, and PostgreSQL listens on no network address', async () => {
  const server = await start({ dataDir: await preparedFolder(), database: 'another' })
  const [row] = await query(
    server,
    `select current_user as role, usesuper, current_database() as database,
       current_setting('listen_addresses') as addresses, current_setting('fsync') as fsync,
       current_setting('server_encoding') as encoding, current_setting('lc_collate', true) as locale
     from pg_user where usename = current_user`,
  )
  expect(row).toMatchObject({ role: 'latchkey', usesuper: false, database: 'another' })
  expect(row).toMatchObject({ addresses: '', fsync: 'off', encoding: 'UTF8' })
})

test('a second instance on the same folder is refused with the folder and a way out', async () => {
  const dataDir = await preparedFolder()
  const first = await start({ dataDir })
  const elsewhere = await start({ dataDir: await preparedFolder() })
  expect(await query(elsewhere, 'select 1 as one')).toEqual([{ one: 1 }])

  const refusal = await refusalOf(start({ dataDir }))
  expect(refusal).toContain(join(dataDir, 'postgres'))
  expect(refusal).toMatch(/in use by another running Latchkey.*DATA_DIR.*DATABASE_URL/)
  expect(await query(first, 'select 1 as one')).toEqual([{ one: 1 }])

  await first.stop()
  const next = await start({ dataDir })
  expect(await query(next, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('of two first starts at once on one folder, one serves and the other is refused', async () => {
  const dataDir = await newFolder()
  const results = await Promise.allSettled([start({ dataDir }), start({ dataDir })])
  expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected'])
  const refused = results.find((result) => result.status === 'rejected')
  expect(refused?.reason).toBeInstanceOf(EmbeddedServerError)
  expect(await readdir(dataDir)).toEqual(['postgres'])
})

test('a pid file that names a living stranger is stale, as after the kill of a container', async ({
  skip,
}) => {
  skip(process.platform !== 'linux', 'only Linux tells what a process id is')
  const dataDir = await preparedFolder()
  const data = join(dataDir, 'postgres')
  const { uid, gid } = await stat(data)
  const stranger = spawn('sleep', ['60'], isRoot ? { uid, gid } : {})
  owners.push(stranger)
  const lock = `${stranger.pid}\n${data}\n1795250000\n5432\n/tmp\n\n  1  1\nready   \n`
  await writeFile(join(data, 'postmaster.pid'), lock, { mode: 0o666 })
  const server = await start({ dataDir })
  expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('when its owner is killed the server stops, and no committed row is lost', async () => {
  const dataDir = await preparedFolder()
  const owner = startOwner(dataDir)
  await owner.printed((number) => number >= 50)
  const pid = await serverPid(dataDir)
  expect(isAlive(pid)).toBe(true)

  owner.process.kill('SIGKILL')
  // At once: the old server may still be on its way out.
  const server = await start({ dataDir, durable: true })
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 20_000)
  const [row] = await query(server, 'select max(number), count(*)::int from acknowledged')
  expect(row?.max).toBeGreaterThanOrEqual(owner.last())
  expect(row?.count).toBe(row?.max)
})

test('when its owner is killed and nobody starts again, nothing is left running', async () => {
  const dataDir = await preparedFolder()
  const owner = startOwner(dataDir)
  await owner.printed((number) => number >= 1)
  const pid = await serverPid(dataDir)
  const sockets = await readySocketsOf(dataDir)
  expect(existsSync(sockets)).toBe(true)
  owner.process.kill('SIGKILL')
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), 20_000)
  await vi.waitFor(() => expect(existsSync(sockets)).toBe(false), 20_000)
  // A clean shutdown, not a crash.
  expect(existsSync(join(dataDir, 'postgres/postmaster.pid'))).toBe(false)
})

test('Ctrl-C leaves the server to the app until the app is done', async () => {
  const dataDir = await preparedFolder()
  const owner = startOwner(dataDir)
  await owner.printed((number) => number >= 1)
  process.kill(-(owner.process.pid ?? 0), 'SIGINT')
  await once(owner.process, 'exit')
  expect(owner.process.exitCode).toBe(0)
  const server = await start({ dataDir })
  expect(await query(server, 'select number from acknowledged where number < 0')).toHaveLength(1)
})

test('a first start that was killed half-way is done again', async () => {
  const dataDir = await newFolder()
  const owner = startOwner(dataDir)
  const halfDone = () => readdirSync(dataDir).find((name) => name.startsWith('postgres.new-'))
  const control = () => join(dataDir, halfDone() ?? '', 'global/pg_control')
  await vi.waitFor(() => expect(existsSync(control())).toBe(true), {
    timeout: 20_000,
    interval: 5,
  })
  owner.process.kill('SIGKILL')
  await once(owner.process, 'exit')
  expect(existsSync(join(dataDir, 'postgres'))).toBe(false)

  const server = await start({ dataDir })
  expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }])
})

test('half-made folders of starts that were killed go at the next start, one that is worked in stays', async ({
  skip,
}) => {
  skip(whyMissing('flock') !== null, 'needs flock')
  const dataDir = await newFolder()
  const make = async (name: string, secondsAgo: number) => {
    const path = join(dataDir, name)
    await mkdir(path)
    await utimes(path, new Date(), new Date(Date.now() - secondsAgo * 1_000))
    return path
  }
  const killed = await make('postgres.new-killed', 6)
  // So young that it stays, however slow this test is.
  const begun = await make('postgres.new-begun', -60)
  const held = await make('postgres.new-held', 6)
  const copying = await make('postgres-binaries.new-copying', 6)
  const old = await make('postgres-binaries.new-old', 700)
  const holder = spawn('flock', ['-n', held, 'cat'])
  onTestFinished(() => void holder.stdin.end())
  holder.stdin.write('held')
  await once(holder.stdout, 'data')
  await removeLeftovers(dataDir)
  expect([begun, held, copying].map(existsSync)).toEqual([true, true, true])
  expect([killed, old].map(existsSync)).toEqual([false, false])
})

test("whenever a first start is killed, its database is the role's or not there yet", async () => {
  const dataDir = await newFolder()
  const owner = startOwner(dataDir)
  const sockets = await vi.waitFor(() => readySocketsOf(dataDir), { timeout: 20_000, interval: 1 })
  const watching = postgres({ host: sockets, database: 'template1', username: 'postgres', max: 1 })
  const owners = new Set<string>()
  // Each look is what the start after a kill at that moment would find.
  const look = async () => {
    const found = await watching`
      select datdba::regrole::text as owner from pg_database where datname = 'latchkey'`
    for (const { owner } of found) owners.add(owner)
  }
  while (owner.last() === 0) await look()
  await look()
  await watching.end()
  process.kill(owner.process.pid ?? 0, 'SIGINT')
  await once(owner.process, 'exit')
  expect([...owners]).toEqual(['latchkey'])
})

test('a folder that holds something else is refused and left alone', async () => {
  const dataDir = await newFolder()
  await mkdir(join(dataDir, 'postgres'))
  await writeFile(join(dataDir, 'postgres/PG_VERSION'), '18\n')
  const refusal = await refusalOf(start({ dataDir }))
  expect(refusal).toContain(`${join(dataDir, 'postgres')} is not a complete PostgreSQL data folder`)
  expect(await readdir(join(dataDir, 'postgres'))).toEqual(['PG_VERSION'])
})

test('data of another major version of PostgreSQL is refused with both versions', async () => {
  const dataDir = await preparedFolder()
  const file = join(dataDir, 'postgres/PG_VERSION')
  const version = await readFile(file, 'utf8')
  await writeFile(file, '12\n')
  const refusal = await refusalOf(start({ dataDir }))
  expect(refusal).toMatch(/was written by PostgreSQL 12, but the programs here are version \d/)
  await writeFile(file, version)
  await start({ dataDir })
})

test('without any PostgreSQL the error says what to install', async () => {
  const dataDir = await preparedFolder()
  const refusal = await refusalOf(start({ dataDir, findBinaries: async function* () {} }))
  expect(refusal).toMatch(/npm ci, without --omit=optional.*install PostgreSQL.*DATABASE_URL/)
  const broken = { initdb: '/nonexistent/initdb', postgres: '/nonexistent/postgres' }
  const withBroken = async function* () {
    yield broken
  }
  expect(await refusalOf(start({ dataDir, findBinaries: withBroken }))).toContain(broken.postgres)

  const withBrokenFirst = async function* () {
    yield broken
    yield* findPostgresBinaries()
  }
  await start({ dataDir, findBinaries: withBrokenFirst })
})

test('an installed PostgreSQL serves when the npm package is missing', async ({ skip }) => {
  const found = await findInstalledBinaries().next()
  skip(found.done === true, 'no PostgreSQL is installed on PATH or in /usr/lib/postgresql')
  const server = await start({
    dataDir: await newFolder(),
    findBinaries: findInstalledBinaries,
  })
  const program = found.value?.postgres ?? ''
  const version = execFileSync(program, ['--version'], { encoding: 'utf8' }).split(' ')[2]?.trim()
  const [row] = await query(server, 'show server_version')
  expect(String(row?.server_version).split(' ')[0]).toBe(version)
})

test('programs that cannot run where they are are copied once beside the data', async ({
  skip,
}) => {
  const packaged = await findPostgresBinaries().next()
  const native = packaged.done ? undefined : packaged.value.native
  skip(!native, 'the npm package with PostgreSQL is not installed')
  const dataDir = await preparedFolder()
  const modules = await newFolder()
  const copy = join(modules, 'package/native')
  await cp(dirname(native ?? ''), dirname(copy), {
    recursive: true,
    filter: (path) => !lstatSync(path).isSymbolicLink(),
  })
  // Root may write anywhere, but the user nobody cannot enter; others cannot make the links.
  await chmod(isRoot ? modules : join(copy, 'lib'), isRoot ? 0o700 : 0o555)
  const findBinaries = async function* () {
    yield { initdb: join(copy, 'bin/initdb'), postgres: join(copy, 'bin/postgres'), native: copy }
  }
  for (let round = 1; round <= 2; round += 1) {
    const server = await start({ dataDir, findBinaries })
    expect(await query(server, 'select 1 as one')).toEqual([{ one: 1 }])
    await server.stop()
    const copies = (await readdir(dataDir)).filter((name) => name.includes('binaries'))
    expect(copies).toHaveLength(1)
  }
  await chmod(join(copy, 'lib'), 0o755)
})

test('root below a private folder keeps the data in /var/lib and says so', async ({ skip }) => {
  skip(!isRoot, 'only root starts the server as another user; run as root to see this')
  const outer = await newFolder()
  await chmod(outer, 0o700)
  const dataDir = join(outer, 'data')
  const lines: string[] = []
  const first = await start({ dataDir, log: (line) => lines.push(line) })
  const [place = ''] = /\/var\/lib\/latchkey\/[\w-]+/.exec(lines.join('\n')) ?? []
  folders.push(place)
  expect(lines).toEqual([expect.stringContaining(`${dataDir} cannot be entered`)])
  expect(await readFile(join(place, 'belongs-to'), 'utf8')).toBe(`${dataDir}/postgres\n`)
  await query(first, 'create table kept as select 7 as number')
  await first.stop()

  // Once it is there it stays there, or the rows would seem to be gone; also where its folder is moved.
  await chmod(outer, 0o711)
  const moved = join(outer, 'moved')
  await rename(dataDir, moved)
  const second = await start({ dataDir: moved })
  expect(await query(second, 'select number from kept')).toEqual([{ number: 7 }])
  await second.stop()

  // A link whose data is gone is no new beginning; a folder that is removed is one.
  await rename(place, `${place}-away`)
  expect(await refusalOf(start({ dataDir: moved }))).toContain(`${place}/postgres`)
  expect(await whyNotStarted(moved)).toMatchObject({ reason: 'data_gone' })
  await rename(`${place}-away`, place)
  expect(await whyNotStarted(moved)).toBeNull()
  await rm(moved, { recursive: true })
  const third = await start({ dataDir: moved })
  await expect(query(third, 'select number from kept')).rejects.toThrow('does not exist')
  expect((await lstat(join(moved, 'postgres'))).isDirectory()).toBe(true)
})

test('root follows no link that leads elsewhere than to its own folder, and hands nothing over there', async ({
  skip,
}) => {
  skip(!isRoot, 'only root starts the server as another user; run as root to see this')
  const [dataDir, others] = [await newFolder(), await newFolder()]
  await chmod(dataDir, 0o711)
  await mkdir(join(others, 'postgres'))
  await writeFile(join(others, 'postgres', 'kept'), '')
  await symlink(join(others, 'postgres'), join(dataDir, 'postgres'))
  await refusalOf(start({ dataDir }))
  expect((await stat(join(others, 'postgres', 'kept'))).uid).toBe(0)
})

test('no data is begun behind a link in the place of its folder, which is said as such', async () => {
  const [linked, plain, others] = [await newFolder(), await newFolder(), await newFolder()]
  await chmod(linked, 0o711)
  const [link, target] = [join(linked, 'postgres'), join(others, 'postgres')]
  await symlink(target, link)
  expect(await refusalOf(start({ dataDir: linked }))).toContain(`${link} is a link to ${target}`)
  await mkdir(target)
  expect(await whyNotStarted(linked)).toEqual({ reason: 'data_behind_link', path: link, target })
  // The control: the folder itself in that place.
  await mkdir(join(plain, 'postgres'))
  expect(await whyNotStarted(plain)).toBeNull()
  expect(await readdir(target)).toEqual([])
})

test('root hands over the folder that it made, and nothing that another user put in its place', async ({
  skip,
}) => {
  skip(!isRoot, 'only root starts the server as another user; run as root to see this')
  const [dataDir, kept] = [await newFolder(), await newFolder()]
  const user = { uid: 54_321, gid: 54_321 }
  const [made, link] = [join(dataDir, 'postgres.new-a'), join(dataDir, 'postgres.new-b')]
  await mkdir(made)
  await symlink(kept, link)
  await handOver(made, user)
  expect((await stat(made)).uid).toBe(user.uid)
  await expect(handOver(link, user)).rejects.toThrow('ENOTDIR')
  expect((await stat(kept)).uid).toBe(0)
})

test('root keeps no programs where another user may change them, and says nothing of what a file leads to', async ({
  skip,
}) => {
  skip(!isRoot, 'only root copies programs for another user; run as root to see this')
  const dataDir = await newFolder()
  expect(await programsFor(dataDir)).toBe(dataDir)
  await chmod(dataDir, 0o777)
  expect(await programsFor(dataDir)).toBe('/var/lib/latchkey')
  await chmod(dataDir, 0o755)
  await chown(dataDir, 54_321, 54_321)
  expect(await programsFor(dataDir)).toBe('/var/lib/latchkey')

  await mkdir(join(dataDir, 'global'))
  await writeFile(join(dataDir, 'global/pg_control'), '')
  await writeFile(join(dataDir, 'PG_VERSION'), '18\n')
  expect(await readDataVersion(dataDir)).toBe('18')
  await rm(join(dataDir, 'PG_VERSION'))
  await symlink('/etc/passwd', join(dataDir, 'PG_VERSION'))
  await expect(readDataVersion(dataDir)).rejects.toThrow(/^(?!.*root:)/s)
})

test('root is told when data that was reachable is not any more', async ({ skip }) => {
  skip(!isRoot, 'only root starts the server as another user; run as root to see this')
  const dataDir = await preparedFolder()
  await chmod(dataDir, 0o700)
  const refusal = await refusalOf(start({ dataDir }))
  expect(refusal).toContain(`${join(dataDir, 'postgres')} cannot be entered`)
  await chmod(dataDir, 0o711)
  await start({ dataDir })
})

test('a user without a name, which PostgreSQL does not start for, is told so', async ({ skip }) => {
  skip(!isRoot, 'only root can run it as another user')
  const dataDir = await newFolder()
  await chmod(dataDir, 0o777)
  const module = buildModule('db/embedded/index.ts')
  const program = `const { startEmbeddedServer } = await import('${module}')
    await startEmbeddedServer({ dataDir: '${dataDir}/data', durable: false, log() {} })`
  const startAs = (uid: number) =>
    spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      ...{ uid, gid: uid, cwd: dataDir, env: { PATH: process.env.PATH } },
      ...{ encoding: 'utf8', timeout: 30_000 },
    }).stderr
  const said = startAs(54_321)
  skip(/EACCES|ERR_MODULE_NOT_FOUND/.test(said), 'another user may not read this folder')
  expect(said).toContain('This user has a number and no name here')
  expect(said).toContain('or set DATABASE_URL')
})

test('nobody else can reach the socket', async ({ skip }) => {
  const server = await start({ dataDir: await preparedFolder() })
  const { host, port } = server.connection
  const { mode, uid, gid } = await stat(host)
  expect(mode & 0o777).toBe(0o700)
  skip(!isRoot, 'only root can try it as another user; the mode was right')
  const socket = join(host, `.s.PGSQL.${port}`)
  const connect = `require('net').connect('${socket}').on('connect', () => process.exit(0))
    .on('error', (error) => process.exit(error.code === 'EACCES' ? 13 : 1))`
  const exitCode = async (as: { uid: number; gid: number }) => {
    const [code] = await once(spawn(process.execPath, ['-e', connect], { cwd: '/', ...as }), 'exit')
    return code
  }
  expect(await exitCode({ uid, gid })).toBe(0)
  expect(await exitCode({ uid: 12345, gid: 12345 })).toBe(13)
})

test('a server that ends unexpectedly is started again, and logged without a value from any statement', async () => {
  const lines: string[] = []
  const dataDir = await preparedFolder()
  const server = await start({ dataDir, durable: true, log: (line) => lines.push(line) })
  await query(server, 'create table emails (email text unique)')
  const insert = "insert into emails values ('canary@example.com')"
  await query(server, insert)
  await expect(query(server, insert)).rejects.toThrow('duplicate key')
  expect(lines).toEqual([])

  for (const [signal, words] of [
    ['SIGQUIT', 'immediate shutdown request'],
    ['SIGKILL', 'signal SIGKILL'],
  ] as const) {
    lines.length = 0
    process.kill(await serverPid(dataDir), signal)
    await expect.poll(() => lines.length, { timeout: 30_000 }).toBeGreaterThan(1)
    expect(lines[0]).toContain('ended unexpectedly')
    expect(lines[0]).toContain(words)
    expect(lines.join()).not.toContain('canary')
    await expect.poll(() => lines.at(-1), { timeout: 30_000 }).toContain('is back')
    expect(await query(server, 'select email from emails')).toHaveLength(1)
  }
})

async function start(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const server = await startEmbeddedServer({ durable: false, ...options })
  servers.push(server)
  return server
}

async function query(server: EmbeddedServer, text: string): Promise<Record<string, unknown>[]> {
  const sql = postgres({ ...server.connection, max: 1, onnotice: () => undefined })
  try {
    return [...(await sql.unsafe(text))]
  } finally {
    await sql.end()
  }
}

async function refusalOf(attempt: Promise<unknown>): Promise<string> {
  const error: unknown = await attempt.then(
    () => new Error('it was not refused'),
    (reason) => reason,
  )
  expect(error).toSatisfy((one) => one instanceof EmbeddedServerError || one instanceof FileError)
  return (error as Error).message
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-test-'))
  await chmod(folder, 0o711)
  folders.push(folder)
  return folder
}

/** A folder in which the first start is already done. */
async function preparedFolder(): Promise<string> {
  const folder = await newFolder()
  execFileSync('cp', ['-a', join(prepared, 'postgres'), folder])
  return folder
}

function startOwner(dataDir: string) {
  const script = join(import.meta.dirname, '../../helpers/embedded-owner.ts')
  // Detached: a process group of its own, like the foreground job of a terminal.
  const owner = spawn(process.execPath, ['--import', 'tsx', script, dataDir], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  owners.push(owner)
  let last = 0
  const lines = createInterface({ input: owner.stdout })
  lines.on('line', (line) => {
    last = Number(line) || last
  })
  return {
    process: owner,
    last: () => last,
    printed: (enough: (number: number) => boolean) =>
      vi.waitFor(() => expect(enough(last)).toBe(true), { timeout: 20_000, interval: 10 }),
  }
}

async function serverPid(dataDir: string): Promise<number> {
  const text = await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8')
  return Number(text.split('\n')[0])
}

/** The folder of a server's socket, once it takes connections. */
async function readySocketsOf(dataDir: string): Promise<string> {
  const lines = (await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n')
  expect(lines[7]?.trim()).toBe('ready')
  return lines[4] ?? ''
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // Some containers never collect a process that ended: it stays as a zombie.
    return !existsSync('/proc/self') || !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
