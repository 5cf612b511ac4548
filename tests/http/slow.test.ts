import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { useLatchkey } from '../helpers/stage.ts'

const latchkey = useLatchkey({ EMULATE: 'google' })

/** Writes `first`, then a byte a second; gives what came back and after how many seconds it was over. */
function trickle(first: string): Promise<{ text: string; seconds: number }> {
  const { hostname, port } = new URL(latchkey.url)
  const before = performance.now()
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(Number(port), hostname)
    const timer = setInterval(() => socket.write('x'), 1_000)
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      clearInterval(timer)
      resolve({ text, seconds: (performance.now() - before) / 1000 })
    })
    socket.write(first)
  })
}

test('10.18 a request that does not arrive in 15 seconds is cut, its headers or its body alike', async () => {
  const body =
    'POST /token HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 900'
  const answers = await Promise.all([
    trickle('GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: '),
    trickle(`${body}\r\n\r\n{`),
  ])
  for (const { text, seconds } of answers) {
    expect(text).toMatch(/^HTTP\/1\.1 408 /)
    expect(text).toContain('"code":"request_timeout"')
    expect(seconds).toBeGreaterThan(14)
    // The clock looks every two seconds, and what still comes is let go for one.
    expect(seconds).toBeLessThan(25)
  }
  expect((await fetch(`${latchkey.url}/healthz`)).status).toBe(200)
}, 60_000)
