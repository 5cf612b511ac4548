// A process that a fault of the driver may end. Arguments: the driver's URL, what to do, its server as JSON.
import { createServer } from 'node:net'

const [entry, scene, server] = process.argv.slice(2)
const { default: postgres } = await import(entry)
const location = JSON.parse(server)

/** A server in front of the real one or in its place, at a path of its own. */
async function listen(onConnection) {
  const proxy = createServer(onConnection)
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return { host: '127.0.0.1', port: proxy.address().port, close: () => proxy.close() }
}

async function breakConnections(options) {
  const { connect } = await import('node:net')
  const sockets = new Set()
  const proxy = await listen((socket) => {
    const real = connect(`${location.host}/.s.PGSQL.${location.port}`)
    sockets.add(socket)
    socket
      .on('error', () => {})
      .on('close', () => {
        sockets.delete(socket)
        real.destroy()
      })
    real.on('close', () => socket.destroy()).on('error', () => {})
    socket.pipe(real).pipe(socket)
  })
  const sql = postgres({
    ...location,
    host: proxy.host,
    port: proxy.port,
    max: 4,
    ...options,
    backoff: () => 0.01,
  })
  const end = Date.now() + 3_000
  let answers = 0
  let longestMs = 60
  let breaking
  const breakAll = () => {
    for (const socket of sockets) socket.destroy()
    // Where a machine is too slow for an answer between two breaks, they come later and later.
    if (answers === 0) longestMs += 2
    breaking = setTimeout(breakAll, Math.random() * longestMs)
  }
  breakAll()
  await Promise.all(
    Array.from({ length: 8 }, async (_, client) => {
      while (Date.now() < end || (answers === 0 && Date.now() < end + 15_000)) {
        await sql
          .begin(async (one) => {
            await one`select ${client}::int as client`
            await new Promise((resolve) => setTimeout(resolve, Math.random() * 5))
            const [row] = await one`select ${client}::int as client`
            if (row.client !== client) throw new Error('the answer of another client')
            answers += 1
          })
          .catch((error) => {
            if (error.message.startsWith('the answer')) throw error
            return new Promise((resolve) => setTimeout(resolve, 2))
          })
      }
    }),
  )
  clearTimeout(breaking)
  // Each connection may still have to notice that it was broken.
  const ask = (tries) =>
    sql`select 1 as one`.catch((error) => (tries > 0 ? ask(tries - 1) : Promise.reject(error)))
  const [{ one }] = await ask(4)
  if (one !== 1) throw new Error('not healed')
  await sql.end({ timeout: 1 })
  proxy.close()
  return `healed after ${answers > 0 ? 'some' : 'no'} answers`
}

const scenes = {
  /** Eight clients that never pause, on connections that break all the time. */
  'broken connections': () => breakConnections({ fetch_types: false }),
  'broken starts': () => breakConnections({ fetch_types: true }),

  /** A tool prepares stack traces as something else than text, and a query meets a dead server. */
  async 'stack traces'() {
    Error.prepareStackTrace = (_error, sites) => sites
    const sql = postgres({ host: '127.0.0.1', port: 1, max: 1, backoff: () => 0.01 })
    const code = await sql`select 1`.catch((error) => error.code)
    return `rejected with ${code}`
  },

  /** Something that is no PostgreSQL answers the start-up with half a sign-in. */
  async 'broken sign-in'() {
    const message = (type, text) => {
      const body = Buffer.from(text)
      const head = Buffer.alloc(9)
      head.write('R')
      head.writeInt32BE(8 + body.length, 1)
      head.writeInt32BE(type, 5)
      return Buffer.concat([head, body])
    }
    const fake = await listen((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.write(message(11, 'nothing that is known')))
    })
    const sql = postgres({ host: fake.host, port: fake.port, max: 1, fetch_types: false })
    const code = await sql`select 1`.then(
      () => 'nothing',
      () => 'an error',
    )
    fake.close()
    return `rejected with ${code}`
  },
}

process.stdout.write(await scenes[scene]())
process.exit(0)
