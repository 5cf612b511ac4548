import { readFileSync } from 'node:fs'
import { getTableConfig } from 'drizzle-orm/pg-core'
import type { Database } from './client.ts'
import { signingKeys } from './schema.ts'

/** The migrations of this version, in order. */
export function broughtMigrations(): { when: number }[] {
  const journal = new URL('../../drizzle/meta/_journal.json', import.meta.url)
  return (JSON.parse(readFileSync(journal, 'utf8')) as { entries: { when: number }[] }).entries
}

/** The migrator's own schema and table, where it records applied migrations. */
export const MIGRATIONS = { schema: 'drizzle', table: 'latchkey_migrations' }
/** The full name of that table. */
export const APPLIED = `${MIGRATIONS.schema}.${MIGRATIONS.table}`
/** A table that the first migration makes. */
const FIRST = `${getTableConfig(signingKeys).schema}.${getTableConfig(signingKeys).name}`

/**
 * Tells whether the last migration of this version has been applied; later ones may have been, too.
 */
export function createReadiness(database: Database): () => Promise<boolean> {
  const last = broughtMigrations().at(-1)?.when ?? 0
  return async () => {
    const [there] = await database.query<{ all: boolean }>(
      'select to_regclass($1) is not null and to_regclass($2) is not null as all',
      [FIRST, APPLIED],
    )
    if (there?.all !== true) return false
    const [applied] = await database.query<{ last: boolean }>(
      `select exists (select from ${APPLIED} where created_at >= $1::bigint) as last`,
      [last],
    )
    return applied?.last === true
  }
}
