import { type MigrationConfig, type MigrationMeta, readMigrationFiles } from 'drizzle-orm/migrator'
import { drizzle } from 'drizzle-orm/postgres-js'
import type postgres from 'postgres'

/** What Drizzle's own `migrate` calls; its types leave it out. */
interface Migrator {
  dialect: {
    migrate(migrations: MigrationMeta[], session: unknown, config: MigrationConfig): Promise<void>
  }
  session: unknown
}

/**
 * Applies the missing migrations as Drizzle's `migrate` does, but sends all statements of a migration in one message: a
 * first start runs more than a hundred statements, and sent alone each of them costs a round trip.
 *
 * @param change gets each statement by itself and returns what is sent in its place
 */
export async function applyMigrations(
  client: postgres.Sql,
  config: MigrationConfig,
  change: (statement: string) => string,
): Promise<void> {
  const { dialect, session } = drizzle(client) as unknown as Migrator
  const migrations = readMigrationFiles(config).map((one) => ({
    ...one,
    // A statement may end in a comment, or without its semicolon.
    sql: [one.sql.map(change).join('\n;\n')],
  }))
  await dialect.migrate(migrations, session, config)
}
