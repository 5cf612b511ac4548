import type { DatabaseFacts } from '../core/settings/database-facts.ts'
import { addressOf, connect, type DatabaseLocation } from './connection/connect.ts'
import { findHost } from './connection/primary.ts'
import { broughtMigrations } from './readiness.ts'

/** Looks at a database through a connection as the service makes it, and changes nothing. Throws where it cannot. */
export async function inspectDatabase(
  location: DatabaseLocation,
  { prepare }: { prepare: boolean },
): Promise<DatabaseFacts> {
  const address = addressOf(location)
  const host = await findHost(address, { prepare })
  const sql = connect(address, host, { connections: 1, prepare })
  try {
    const [server] = await sql<
      { version: number; encoding: string; writes: boolean; table: string | null; may: boolean }[]
    >`
      select current_setting('server_version_num')::int as version,
        getdatabaseencoding() as encoding,
        current_setting('transaction_read_only') = 'off' as writes,
        to_regclass('drizzle.latchkey_migrations')::text as table,
        has_database_privilege(current_database(), 'create') or coalesce(
          has_schema_privilege(to_regnamespace('latchkey')::oid, 'create')
          and has_schema_privilege(to_regnamespace('drizzle')::oid, 'create'), false) as may`
    const [done] =
      server?.table === null
        ? []
        : await sql<{ count: number }[]>`select count(*)::int from drizzle.latchkey_migrations`
    return {
      version: server?.version ?? 0,
      encoding: server?.encoding ?? '',
      takesWrites: server?.writes ?? false,
      applied: done?.count ?? 0,
      brought: broughtMigrations().length,
      mayMigrate: server?.may ?? false,
    }
  } finally {
    await sql.end({ timeout: 2 })
  }
}
