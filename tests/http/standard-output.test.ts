import { execFileSync, spawn } from 'node:child_process'
import { closeSync, createReadStream, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { buildModule } from '../helpers/built-module.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { freePort, MAIN, newFolder } from '../helpers/server-process.ts'

const onLinux = process.platform === 'linux'
/** Devices and pipes by their names in /proc. */
beforeEach(({ skip }) => skip(!onLinux, 'needs Linux'))

const MODULE = buildModule('http/log/standard-output.ts')

/** A pipe that keeps what is written to it until somebody reads, and the end for who writes. */
async function makePipe() {
  const folder = await newFolder()
  const path = join(folder.path, 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, 'r+')
  const writer = openSync(path, 'w')
  onTestFinished(folder.remove)
  return { path, writer, close: () => closeSync(reader) }
}

/** The built server with its log there; what it says on standard error comes along. */
async function startLogging(to: number) {
  const database = await createTestDatabase()
  const folder = await newFolder()
  const port = await freePort()
  const child = spawn(process.execPath, [MAIN], {
    cwd: folder.path,
    env: {
      ...{ PATH: process.env.PATH, PORT: String(port), DATA_DIR: join(folder.path, 'data') },
      ...{ LOG_LEVEL: 'debug', RATE_LIMIT: 'off' },
      DATABASE_URL: database.url,
    },
    stdio: ['ignore', to, 'pipe'],
  })
  const ended = new Promise((resolve) => child.once('exit', (...how) => resolve(how)))
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  closeSync(to)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
    await database.drop()
    await folder.remove()
  })
  await expect.poll(() => said, { timeout: 20_000 }).toContain('Latchkey serves')
  const ask = async (times: number) => {
    for (let turn = 0; turn < times; turn += 50) {
      const asked = Array.from({ length: 50 }, () => fetch(`http://localhost:${port}/healthz`))
      for (const { status } of await Promise.all(asked)) expect(status).toBe(200)
    }
  }
  return { ask, said: () => said, end: () => child.kill('SIGTERM') && ended }
}

describe('a log that cannot be written costs lines, and no answer and no end', () => {
  test('where the disk is full', async () => {
    const { ask, said, end } = await startLogging(openSync('/dev/full', 'w'))
    await ask(50)
    await expect.poll(said).toContain('Log lines cannot be written to standard output (ENOSPC)')
    await ask(50)
    expect(await end()).toEqual([0, null])
  })

  test('where its reader is gone', async () => {
    const { writer, close } = await makePipe()
    const { ask, said, end } = await startLogging(writer)
    close()
    await ask(50)
    await expect.poll(said).toContain('Log lines cannot be written to standard output (EPIPE)')
    await ask(50)
    expect(await end()).toEqual([0, null])
  })

  test('where its reader stands still', async () => {
    const { writer } = await makePipe()
    const { ask, said, end } = await startLogging(writer)
    // More than a pipe holds.
    await ask(1_000)
    expect(await end()).toEqual([0, null])
    expect(said()).not.toContain('Log lines cannot be written')
  })
})

/** A program that writes so many lines, more than a pipe or a socket holds, and then does that. */
const writing = (lines: number, then: string) => `
  import { standardOutput } from ${JSON.stringify(MODULE)}
  const log = standardOutput('json')
  for (let turn = 0; turn < ${lines}; turn++) log.write(JSON.stringify({ turn, pad: 'x'.repeat(80) }) + '\\n')
  ${then}`

describe('a process that ends with lines for', () => {
  /** With its standard output there, and who reads it; `ending` once it writes no other way than the last. */
  async function startWriting(to: 'pipe' | 'socket') {
    const { path, writer } = await makePipe()
    const program = `process.on('exit', () => process.stderr.write('ending'))
      ${writing(5_000, 'process.exit(3)')}`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      // A pipe of Node is a pair of sockets.
      stdio: ['ignore', to === 'pipe' ? writer : 'pipe', 'pipe'],
    })
    const ending = new Promise((resolve) => child.stderr?.once('data', resolve))
    const ended = new Promise((resolve) => child.once('exit', resolve))
    onTestFinished(() => void child.kill('SIGKILL'))
    closeSync(writer)
    return { ending, ended, read: () => child.stdout ?? createReadStream(path) }
  }

  test.each(['pipe', 'socket'] as const)(
    'a %s writes them all to a reader who is behind',
    async (to) => {
      const { ending, ended, read } = await startWriting(to)
      await ending
      let text = ''
      read()
        .setEncoding('utf8')
        .on('data', (part: string) => {
          text += part
        })
      expect(await ended).toBe(3)
      await expect.poll(() => text.split('\n').length).toBe(5_001)
      const lines = text.trim().split('\n')
      expect(lines.map((line) => JSON.parse(line).turn)).toEqual(lines.map((_, place) => place))
    },
  )

  test('a socket ends all the same where the reader stands still', async () => {
    const { ended } = await startWriting('socket')
    expect(await ended).toBe(3)
  })
})

test('the last lines in a file stand behind those that are being written when the process ends', async () => {
  const { path: folder, remove } = await newFolder()
  onTestFinished(remove)
  const path = join(folder, 'log')
  const file = openSync(path, 'w')
  // The only thread that writes has something else to do first.
  const program = `import { pbkdf2 } from 'node:crypto'
    pbkdf2('a', 'b', 5_000, 64, 'sha512', () => {})
    ${writing(150, 'process.exit(3)')}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, UV_THREADPOOL_SIZE: '1' },
    stdio: ['ignore', file, 'inherit'],
  })
  closeSync(file)
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(3)
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  expect(lines.map((line) => JSON.parse(line).turn)).toEqual(
    Array.from({ length: 150 }, (_, n) => n),
  )
})

test('lines wait for a reader who comes late, in their order, and the log says how many are missing', async () => {
  const { path, writer, close } = await makePipe()
  const program = writing(20_000, `process.stderr.write('written'); process.stdin.resume()`)
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', writer, 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  closeSync(writer)
  await new Promise((resolve) => child.stderr?.once('data', resolve))
  let text = ''
  createReadStream(path, 'utf8').on('data', (part) => {
    text += part
  })
  await expect.poll(() => text, { timeout: 10_000 }).toMatch(/log_lines_dropped.*\n/)
  close()
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { turn?: number; lines?: number })
  const kept = lines.flatMap(({ turn }) => (turn === undefined ? [] : [turn]))
  expect(kept).toEqual(kept.map((_, place) => place))
  expect(kept.length).toBeGreaterThan(10_000)
  expect(lines.map(({ lines }) => lines ?? 0).reduce((sum, one) => sum + one)).toBe(
    20_000 - kept.length,
  )
})
