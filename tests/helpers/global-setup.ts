import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import { type EmbeddedServer, startEmbeddedServer } from '../../src/db/embedded/index.ts'
import { migrateDatabase } from '../../src/db/migrate.ts'
import { offerChromium } from './chromium-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The server of this test run; its database is the migrated template, so leave it alone. */
    postgres: EmbeddedServer['connection']
    /** Where the address of this run's Chromium is to be had. */
    chromium: string
  }
}

/** The database from which others are made and dropped: a template with a connection cannot be copied. */
async function makeMeetingPlace({ connection }: EmbeddedServer): Promise<void> {
  const sql = postgres({ ...connection, database: 'template1', username: 'postgres', max: 1 })
  await sql`create database postgres template template0`.finally(() => sql.end())
}

/** Starts one PostgreSQL server for the run, with a migrated template for `createTestDatabase`, and offers one Chromium. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'latchkey-tests-'))
  // As root the server runs as another user, who must be able to enter.
  await chmod(dataDir, 0o711)
  const remove = () => rm(dataDir, { recursive: true, force: true })
  const server = await startEmbeddedServer({ dataDir, durable: false, database: 'tpl' }).catch(
    async (error) => {
      await remove()
      throw error
    },
  )
  const teardown = async () => {
    await server.stop()
    await remove()
  }
  await Promise.all([migrateDatabase(server.connection), makeMeetingPlace(server)]).catch(
    async (error) => {
      await teardown()
      throw error
    },
  )
  project.provide('postgres', server.connection)
  const chromium = await offerChromium()
  project.provide('chromium', chromium.url)
  return async () => {
    await chromium.close()
    await teardown()
  }
}
