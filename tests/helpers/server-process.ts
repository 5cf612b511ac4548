import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The built program. */
export const MAIN = join(import.meta.dirname, '../../dist/main.js')

/** The built server as a process of its own, as `npm start` or a container runs it. */
export interface ServerProcess {
  child: ChildProcess
  url: string
  stdout(): string
  stderr(): string
  /** Resolves when it serves; rejects with its last words when it ends before. */
  serving: Promise<void>
  /** How it ended. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>
}

/** Starts the server with these settings and no others, in `cwd`. */
export function startServerProcess(
  env: Record<string, string>,
  options: { cwd: string; port: number },
): ServerProcess {
  const child = spawn(process.execPath, ['--enable-source-maps', MAIN], {
    cwd: options.cwd,
    env: { PATH: process.env.PATH ?? '', PORT: String(options.port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  const serving = new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
      if (/^Latchkey serves /m.test(stderr)) resolve()
    })
    ended.then(({ code }) => reject(new Error(`the server ended (${code}): ${stderr}`)))
  })
  // Whoever expects the end does not wait for this.
  serving.catch(() => undefined)
  return {
    child,
    url: `http://localhost:${options.port}`,
    stdout: () => stdout,
    stderr: () => stderr,
    serving,
    ended,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** A new folder that the database's user may enter, and what removes it. */
export async function newFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'latchkey-process-'))
  await chmod(path, 0o711)
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** The process id of the embedded database server of a data folder. */
export async function databasePid(dataDir: string): Promise<number> {
  const text = await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8')
  return Number(text.split('\n')[0])
}

/** Whether a process runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // Some containers never collect a process that ended: it stays as a zombie.
    return !existsSync('/proc/self') || !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** Ports below those that the system gives to connections: one of these may be taken before a server listens. */
const [FIRST_PORT, LAST_PORT] = [20_000, 31_999]
/** Each worker of a run has every 32nd: two that ask at once would now and then be given the same. */
const STEP = 32
let latest = FIRST_PORT + (Number(process.env.VITEST_POOL_ID ?? 0) % STEP) + STEP * randomInt(375)

/** A port of loopback that nothing listens on, and that this process was not given lately. */
export async function freePort(): Promise<number> {
  for (;;) {
    latest = latest + STEP > LAST_PORT ? FIRST_PORT + (latest % STEP) : latest + STEP
    const port = latest
    if ((await canListen(port, '127.0.0.1')) && (await canListen(port, '::1'))) return port
  }
}

/** Whether a port is free at an address; where there is no such address, it is. */
function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'EADDRINUSE'))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}
