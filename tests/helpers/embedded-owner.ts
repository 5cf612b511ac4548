import postgres from 'postgres'
import { startEmbeddedServer } from '../../src/db/embedded/index.ts'

/**
 * A process to be killed: starts the embedded server in the folder of its first argument, prints
 * `ready`, then commits numbered rows and prints each number once it is committed. At SIGINT it
 * writes one more row, numbered -1, as an app does that finishes its requests, and ends cleanly.
 */
const server = await startEmbeddedServer({ dataDir: process.argv[2] ?? '', log: print })
print('ready')
const sql = postgres({ ...server.connection, max: 2 })
await sql`create table if not exists acknowledged (number int not null)`

let stopping = false
process.on('SIGINT', async () => {
  stopping = true
  await new Promise((resolve) => setTimeout(resolve, 200))
  await sql`insert into acknowledged values (-1)`
  print('-1')
  await sql.end()
  await server.stop()
})

for (let number = 1; !stopping; number += 1) {
  await sql`insert into acknowledged values (${number})`
  print(String(number))
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
