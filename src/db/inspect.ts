import { readFileSync } from 'node:fs'
import { connect, type DatabaseLocation } from './client.ts'

/** What the doctor says of a database. */
export interface DatabaseFacts {
  /** As `server_version_num`: 180004 is 18.4. */
  version: number
  /** Migrations that were applied, and that this version of Latchkey brings. */
  applied: number
  brought: number
}

/** Looks at a database and changes nothing. Throws where it cannot be reached. */
export async function inspectDatabase(location: DatabaseLocation): Promise<DatabaseFacts> {
  const sql = connect(location, { max: 1, prepare: false, connect_timeout: 3 } as never)
  try {
    const [server] = await sql<{ version: number; table: string | null }[]>`
      select current_setting('server_version_num')::int as version,
        to_regclass('drizzle.latchkey_migrations')::text as table`
    const [done] =
      server?.table === null
        ? []
        : await sql<{ count: number }[]>`select count(*)::int from drizzle.latchkey_migrations`
    return { version: server?.version ?? 0, applied: done?.count ?? 0, brought: countBrought() }
  } finally {
    await sql.end({ timeout: 2 })
  }
}

function countBrought(): number {
  const journal = new URL('../../drizzle/meta/_journal.json', import.meta.url)
  return (JSON.parse(readFileSync(journal, 'utf8')) as { entries: unknown[] }).entries.length
}
