import { createServer, type Server } from 'node:net'
import { expect, test } from 'vitest'
import { openDatabase } from '../../../src/db/client.ts'
import { copyDriver } from '../../helpers/driver.ts'

/** Something that answers in the place of PostgreSQL, by SCRAM (RFC 5802), with a challenge of its choice. */
interface Impostor {
  port: number
  /** What came after a challenge: a proof, by which passwords can be guessed. */
  proofs: string[]
  /** How often this process came to do something else between the first challenge and its proof. */
  turns: number
  close(): void
}

type Challenge = (nonce: string) => { r: string; i: string; times?: number; again?: true }

const SSL_REQUEST = 80_877_103
const REFUSED = 'SFATAL\0C28P01\0Mnot let in\0\0'

function message(type: string, ...parts: (number | string)[]): Buffer {
  const body = parts.map((part) => {
    if (typeof part === 'string') return Buffer.from(part)
    const number = Buffer.alloc(4)
    number.writeInt32BE(part)
    return number
  })
  const length = Buffer.alloc(4)
  length.writeInt32BE(4 + Buffer.concat(body).length)
  return Buffer.concat([Buffer.from(type), length, ...body])
}

async function listen(challenge: Challenge): Promise<Impostor> {
  let isReckoning = false
  const server: Server = createServer((socket) => {
    let step = 0
    socket.on('error', () => undefined)
    socket.on('data', (sent) => {
      if (step === 0 && sent.readInt32BE(4) === SSL_REQUEST) return void socket.write('N')
      step += 1
      if (step === 1) return void socket.write(message('R', 10, 'SCRAM-SHA-256\0\0'))
      if (step > 2) {
        isReckoning = false
        impostor.proofs.push(sent.toString('latin1', 5))
        return void socket.end(message('E', REFUSED))
      }
      const nonce = /r=([^,]+)$/.exec(sent.toString('latin1'))?.[1] ?? ''
      const { r, i, times = 1, again } = challenge(nonce)
      isReckoning = impostor.proofs.length === 0
      turn()
      const one = message('R', 11, `r=${r},s=c2FsdHNhbHRzYWx0c2FsdA==,i=${i}`)
      if (again) socket.write(message('R', 10, 'SCRAM-SHA-256\0\0'))
      else socket.write(Buffer.concat(Array.from({ length: times }, () => one)))
    })
  })
  const turn = () => {
    if (!isReckoning) return
    impostor.turns += 1
    setImmediate(turn)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const close = () => {
    isReckoning = false
    server.close()
  }
  const impostor: Impostor = { port, proofs: [], turns: 0, close }
  return impostor
}

/** What stands in the way of a statement there. */
async function outcome({ port }: Pick<Impostor, 'port'>): Promise<string | undefined> {
  const url = `postgres://latchkey:secret@127.0.0.1:${port}/latchkey`
  const database = openDatabase({ url }, { connections: 1, prepare: true })
  const error = await database.query('select 1', []).catch((thrown) => thrown)
  await database.close()
  expect(error).toMatchObject({ code: 'temporarily_unavailable' })
  return error.evidence.database
}

const faults: [string, Challenge][] = [
  ['the nonce of another sign-in', () => ({ r: 'anothersanothersanothers', i: '4096' })],
  ['nothing added to the nonce', (nonce) => ({ r: nonce, i: '4096' })],
  ['more iterations than anybody waits for', (nonce) => ({ r: `${nonce}x`, i: '2147483647' })],
  ['no iterations', (nonce) => ({ r: `${nonce}x`, i: '0' })],
  ['iterations that are no number', (nonce) => ({ r: `${nonce}x`, i: 'many' })],
  ['itself once more', (nonce) => ({ r: `${nonce}x`, i: '300000', times: 2 })],
  ['a new beginning in its place', (nonce) => ({ r: `${nonce}x`, i: '4096', again: true })],
]

test.each(faults)('a challenge with %s is not answered', async (_, challenge) => {
  const impostor = await listen(challenge)
  expect(await outcome(impostor)).toBe('SASL_CHALLENGE_REFUSED')
  expect(impostor.proofs).toEqual([])
  impostor.close()
})

test('a right challenge is answered, and the process does everything else meanwhile', async () => {
  const slow: Challenge = (nonce) => ({ r: `${nonce}x`, i: '300000' })
  const going = await listen(slow)
  expect(await outcome(going)).toBe('28P01')
  expect(going.proofs[0]).toMatch(/^c=biws,r=.+x,p=.{44}$/)
  going.close()

  // The control: the driver as it is published reckons in the one thread that there is.
  const published = await copyDriver({ mended: false })
  const open = await published.load()
  const standing = await listen(slow)
  const sql = open({ host: '127.0.0.1', port: standing.port, user: 'latchkey', pass: 'secret' })
  await expect(sql`select 1`).rejects.toMatchObject({ code: '28P01' })
  await sql.end({ timeout: 0 })
  standing.close()
  await published.remove()
  expect(going.turns).toBeGreaterThan(10 * standing.turns)
})

test('what is sent before anybody is let in is kept up to 64 KiB', async () => {
  const sent = (length: number) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (asked) => {
        // Whoever is refused takes leave in five bytes.
        if (asked.length < 8) return
        if (asked.readInt32BE(4) === SSL_REQUEST) return void socket.write('N')
        socket.write(message('N', `SNOTICE\0M${'x'.repeat(length)}\0\0`))
        socket.end(message('E', REFUSED))
      })
    })
    return new Promise<string | undefined>((resolve) => {
      server.listen(0, '127.0.0.1', async () => {
        resolve(await outcome(server.address() as { port: number }))
        server.close()
      })
    })
  }
  expect(await sent(65_000)).toBe('28P01')
  expect(await sent(66_000)).toBe('SASL_CHALLENGE_REFUSED')
})
