import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { startLatchkey } from '../helpers/latchkey.ts'

const provider = new FakeProvider()
/** The servers' ends of all connections. */
const accepted: Socket[] = []
const accept = (message: unknown) => accepted.push((message as { socket: Socket }).socket)
beforeAll(() => {
  subscribe('net.server.socket', accept)
  return provider.listen()
})
afterAll(() => {
  unsubscribe('net.server.socket', accept)
  return provider.close()
})

const REQUEST = 'GET /readyz HTTP/1.1\r\nHost: localhost\r\n'

/** A connection, and all that comes on it until its end. */
async function open(url: string) {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname).setEncoding('utf8')
  await once(socket, 'connect')
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  return { socket, text: () => text, ended: once(socket, 'close') }
}

test('a server that stops answers what still comes on an open connection, and ends that', async () => {
  const latchkey = await startLatchkey(provider.settings())
  const before = await open(latchkey.url)
  const late = await open(latchkey.url)
  before.socket.write(`${REQUEST}\r\n`)
  await expect.poll(before.text).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\nconnection: keep-alive\r\n/i)

  // It has begun, so the stop waits for it; the app gets to see it only after that.
  late.socket.write(REQUEST)
  const { localPort } = late.socket
  const arrived = () => accepted.find(({ remotePort }) => remotePort === localPort)?.bytesRead
  await expect.poll(arrived).toBe(REQUEST.length)
  const closed = latchkey.close()
  await before.ended
  late.socket.write('\r\n')
  await Promise.all([late.ended, closed])
  expect(late.text()).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\nconnection: close\r\n/i)
})
