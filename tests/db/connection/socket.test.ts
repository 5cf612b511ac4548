import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../../src/db/client.ts'
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts'

let testDatabase: TestDatabase
let database: Database

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  database = openDatabase(testDatabase.connection, { connections: 6, prepare: true })
})
afterAll(async () => {
  await database.close()
  await testDatabase.drop()
})

/** An answer that tells whose it is in each of its bytes. */
async function long(letter: string, times: number): Promise<void> {
  const rows = await database.query<{ text: string; bytes: Buffer }>(
    'select repeat($1, $2::int) as text, convert_to(repeat($1, $2::int), $3) as bytes',
    [letter, times, 'utf8'],
  )
  expect(rows).toHaveLength(1)
  expect(rows[0]?.text === letter.repeat(times)).toBe(true)
  expect(rows[0]?.bytes.equals(Buffer.from(letter.repeat(times)))).toBe(true)
}

test('an address that the system refuses at once is an error of who asks, and of nobody else', async () => {
  // No connection is made to a broadcast address.
  const url = 'postgres://nobody@255.255.255.255:5432/none?sslmode=disable'
  const refused = openDatabase({ url }, { connections: 2, prepare: true })
  // The second time a connection is made again, by a timer.
  for (let time = 0; time < 2; time++) {
    await expect(refused.query('select 1', [])).rejects.toMatchObject({
      code: 'temporarily_unavailable',
      evidence: { database: expect.stringMatching(/^E(NETUNREACH|ACCES|PERM|ADDRNOTAVAIL)$/) },
    })
  }
  await refused.close()
})

test('answers longer than one read arrive whole, on connections that read into one room', async () => {
  const letters = [...'abcdefäßé한国']
  await Promise.all(
    letters.map((letter, place) => long(letter, [3, 3_000, 300_000][place % 3] ?? 0)),
  )
})
