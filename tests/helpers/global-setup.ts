import { join } from 'node:path'
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import { type EmbeddedServer, startEmbeddedServer } from '../../src/db/embedded/index.ts'
import { migrateDatabase } from '../../src/db/migrate.ts'
import { offerChromium } from './chromium-server.ts'
import { makeScratch } from './scratch.ts'

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

/**
 * Gives the run a folder for all that it writes, starts one PostgreSQL server with a migrated template for
 * `createTestDatabase`, and offers one Chromium.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const scratch = await makeScratch()
  // Of the workers and of the programs that they start, too.
  process.env.TMPDIR = scratch.path
  const undo = [scratch.remove]
  const teardown = async () => {
    for (const step of undo.reverse()) await step()
  }
  try {
    const dataDir = join(scratch.path, 'server')
    const server = await startEmbeddedServer({ dataDir, durable: false, database: 'tpl' })
    undo.push(server.stop)
    await Promise.all([migrateDatabase(server.connection), makeMeetingPlace(server)])
    const chromium = await offerChromium()
    undo.push(chromium.close)
    project.provide('postgres', server.connection)
    project.provide('chromium', chromium.url)
    return teardown
  } catch (error) {
    await teardown()
    throw error
  }
}
