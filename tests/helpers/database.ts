import { randomBytes } from 'node:crypto'
import postgres from 'postgres'
import { inject } from 'vitest'
import type { EmbeddedServer } from '../../src/db/embedded/index.ts'

/** A migrated and empty database that belongs to one test file. */
export interface TestDatabase {
  /** Options for the postgres.js client. */
  connection: EmbeddedServer['connection']
  /** What `DATABASE_URL` is for it. */
  url: string
  /** Removes the database, ending the connections that are still open. */
  drop(): Promise<void>
}

/** Copies the migrated template of this run, which takes about 40 ms. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject('postgres')
  const name = `t_${randomBytes(8).toString('hex')}`
  await asAdmin((sql) => sql`create database ${sql(name)} template tpl strategy file_copy`)
  return {
    connection: { ...server, database: name },
    url: `postgres://${server.username}@/${name}?host=${server.host}&port=${server.port}`,
    // As the superuser: an autovacuum worker may be in it, and only a superuser may end that.
    drop: () => asAdmin((sql) => sql`drop database ${sql(name)} with (force)`, 'postgres'),
  }

  async function asAdmin(
    work: (sql: postgres.Sql) => PromiseLike<unknown>,
    username = server.username,
  ): Promise<void> {
    // Not in `tpl`: a template with a connection cannot be copied.
    const sql = postgres({ ...server, username, database: 'postgres', max: 1, fetch_types: false })
    try {
      await work(sql)
    } finally {
      await sql.end()
    }
  }
}
