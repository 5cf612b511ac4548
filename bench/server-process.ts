import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** A server in a process of its own. */
export interface ServerProcess {
  url: string
  /** Microseconds of CPU that the process used so far, in all its threads. */
  cpu(): Promise<number>
  /** Bytes of memory that it occupies. */
  memory(): Promise<number>
  stop(): Promise<void>
}

const preload = new URL('./usage.mjs', import.meta.url).href
const builds = new URL('../node_modules/.cache/latchkey-bench/', import.meta.url)

/** A server of the benchmark, built into one file of plain JavaScript: no loader runs beside any server. */
export async function buildServer(name: string): Promise<URL> {
  const outfile = new URL(`${basename(name, '.ts')}.mjs`, builds)
  await build({
    entryPoints: [fileURLToPath(new URL(`./servers/${name}`, import.meta.url))],
    outfile: fileURLToPath(outfile),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
  })
  return outfile
}

// A server that shares its core with the load pays for being interrupted and woken up by it.
const cores = availableParallelism()
const canPin = cores > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0

/** Leaves the first core to the servers that are measured, where the system lets us choose. */
export function leaveFirstCore(): void {
  if (canPin) spawnSync('taskset', ['-a', '-c', '-p', `1-${cores - 1}`, String(process.pid)])
}

/**
 * Starts a module in Node with `PORT` set and waits until it answers at `/healthz`. Log lines
 * go to /dev/null. Each server runs with the same flags of Node.
 */
export async function startServerProcess(
  module: URL,
  env: Record<string, string>,
  { onFirstCore = false } = {},
): Promise<ServerProcess> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const args = ['--import', preload, fileURLToPath(module)]
  const [command = '', ...words] = [
    ...(onFirstCore && canPin ? ['taskset', '-c', '0'] : []),
    process.execPath,
    ...args,
  ]
  const child = spawn(command, words, {
    // Nothing of this process's own settings reaches a server.
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), PUBLIC_URL: url, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-2_000)
  })
  const server = {
    url,
    cpu: async () => (await ask(child)).cpu,
    memory: async () => (await ask(child)).memory,
    stop: () => stop(child),
  }
  const deadline = Date.now() + 20_000
  while (!(await answers(`${url}/healthz`))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop(child)
      throw new Error(`${module.pathname} does not answer.\n${said}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return server
}

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) })
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    return false
  }
}

async function ask(child: ChildProcess): Promise<{ cpu: number; memory: number }> {
  child.send('usage')
  const [usage] = await once(child, 'message', { signal: AbortSignal.timeout(10_000) })
  return usage as { cpu: number; memory: number }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await ended
  clearTimeout(timer)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
