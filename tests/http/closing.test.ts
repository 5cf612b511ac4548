import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FakeProvider } from '../helpers/fake-provider.ts'
import { startLatchkey } from '../helpers/latchkey.ts'

const provider = new FakeProvider()
beforeAll(() => provider.listen())
afterAll(() => provider.close())

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
  await sleep(200)
  const closed = latchkey.close()
  await before.ended
  late.socket.write('\r\n')
  await Promise.all([late.ended, closed])
  expect(late.text()).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\nconnection: close\r\n/i)
})
