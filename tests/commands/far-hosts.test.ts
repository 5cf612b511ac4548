import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import {
  connect,
  getDefaultAutoSelectFamilyAttemptTimeout,
  type LookupFunction,
  type Socket,
  setDefaultAutoSelectFamilyAttemptTimeout,
} from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { waitForFarHosts } from '../../src/commands/process/far-hosts.ts'

const NODES_OWN = getDefaultAutoSelectFamilyAttemptTimeout()
const opened: (ChildProcess | Socket)[] = []

afterEach(() => {
  setDefaultAutoSelectFamilyAttemptTimeout(NODES_OWN)
  for (const one of opened.splice(0)) {
    if ('kill' in one) one.kill('SIGKILL')
    else one.destroy()
  }
})

/** A server whose queue is full: what knocks is heard when it knocks again, a second later. */
async function startFarServer() {
  const program = `const server = require('node:net').createServer((socket) => socket.end())
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => console.log(server.address().port))`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  opened.push(child)
  const [port] = (await once(child.stdout, 'data')).map(Number)
  child.kill('SIGSTOP')
  // Its state stands behind its name.
  const isStopped = () => /\) T/.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8'))
  await expect.poll(isStopped).toBe(true)
  for (let place = 0; place < 2; place++) {
    const socket = connect(port ?? 0, '127.0.0.1').on('error', () => undefined)
    opened.push(socket)
    await once(socket, 'connect')
  }
  return { port: port ?? 0, letIn: () => child.kill('SIGCONT') }
}

// Nothing listens at the second address.
const lookup = ((_name, _options, found) =>
  found(null, [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ])) as LookupFunction

async function reach(): Promise<string> {
  const { port, letIn } = await startFarServer()
  setTimeout(letIn, 400)
  const socket = connect({ host: 'far.example', port, lookup })
  opened.push(socket)
  return once(socket, 'connect').then(
    () => 'reached',
    (error: NodeJS.ErrnoException) => error.code ?? 'failed',
  )
}

test('of two addresses of which one is far Node reaches none, and Latchkey the far one', async ({
  skip,
}) => {
  skip(process.platform !== 'linux', 'a queue can be filled like this on Linux only')
  expect(await reach()).toBe('ETIMEDOUT')
  waitForFarHosts()
  expect(await reach()).toBe('reached')
})

test('whoever waits longer by NODE_OPTIONS goes on doing so', () => {
  setDefaultAutoSelectFamilyAttemptTimeout(5_000)
  waitForFarHosts()
  expect(getDefaultAutoSelectFamilyAttemptTimeout()).toBe(5_000)
})
