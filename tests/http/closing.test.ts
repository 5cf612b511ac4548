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

test('requests that were sent on kept connections before their clients could know of a stop are answered', async () => {
  const latchkey = await startLatchkey(provider.settings())
  const kept = await Promise.all(Array.from({ length: 10 }, () => open(latchkey.url)))
  for (const one of kept) one.socket.write(`${REQUEST}\r\n`)
  for (const { text } of kept) await expect.poll(text).toContain('Connection: keep-alive')
  // Nobody has asked anything since: they are idle as the stop begins.
  const closed = latchkey.close()
  for (const one of kept.slice(1)) one.socket.write(`${REQUEST}\r\n`)
  await Promise.all([closed, ...kept.map(({ ended }) => ended)])
  const answers = kept.map(({ text }) => text().match(/HTTP\/1\.1 200 /g)?.length)
  expect(answers).toEqual([1, ...kept.slice(1).map(() => 2)])
  await expect(open(latchkey.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})
