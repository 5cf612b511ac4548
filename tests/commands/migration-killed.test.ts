import postgres from 'postgres'
import { expect, onTestFinished, test } from 'vitest'
import { createTestDatabase } from '../helpers/database.ts'
import { freePort, newFolder, startServerProcess } from '../helpers/server-process.ts'

test('a replica that is killed while it migrates leaves nothing at work in the database, and no lock', async () => {
  const folder = await newFolder()
  const database = await createTestDatabase()
  const other = postgres({ ...database.connection, max: 1 })
  const migrating = async () => [
    ...(await other`select wait_event_type as "waitsFor" from pg_stat_activity
      where application_name = 'latchkey migration' and datname = current_database()`),
  ]
  // What takes long here is another replica, which migrates.
  await other`select pg_advisory_lock(76, 4711)`
  const server = startServerProcess(
    { DATABASE_URL: database.url },
    { cwd: folder.path, port: await freePort() },
  )
  onTestFinished(async () => {
    server.child.kill('SIGKILL')
    await server.ended
    await other.end()
    await database.drop()
    await folder.remove()
  })
  await expect.poll(migrating, { timeout: 60_000 }).toEqual([{ waitsFor: 'Lock' }])
  // As a control: it waits for as long as its replica lives.
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  expect(await migrating()).toEqual([{ waitsFor: 'Lock' }])
  server.child.kill('SIGKILL')
  await expect.poll(migrating, { timeout: 20_000 }).toEqual([])
})
