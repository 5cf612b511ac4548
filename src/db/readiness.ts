import { readFileSync } from 'node:fs'
import { getTableConfig } from 'drizzle-orm/pg-core'
import type { Database } from './client.ts'
import { signingKeys } from './schema.ts'

/** The migrations that this version brings, in their order. */
export function broughtMigrations(): { when: number }[] {
  const journal = new URL('../../drizzle/meta/_journal.json', import.meta.url)
  return (JSON.parse(readFileSync(journal, 'utf8')) as { entries: { when: number }[] }).entries
}

/** The migrator's own schema and table, where it keeps what it applied. */
export const MIGRATIONS = { schema: 'drizzle', table: 'latchkey_migrations' }
/** That table by its whole name. */
export const APPLIED = `${MIGRATIONS.schema}.${MIGRATIONS.table}`
/** Of the first migration. */
const FIRST = `${getTableConfig(signingKeys).schema}.${getTableConfig(signingKeys).name}`

/** Whether the last migration of this version is applied; a newer version's may be, too. */
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
