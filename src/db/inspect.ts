import { and, eq, isNotNull } from 'drizzle-orm'
import type postgres from 'postgres'
import type { DatabaseFacts } from '../core/settings/database-facts.ts'
import { addressOf, connect, type DatabaseLocation } from './connection/connect.ts'
import { findHost } from './connection/primary.ts'
import { type Client, runInTransaction } from './connection/run.ts'
import { broughtMigrations } from './readiness.ts'
import { outboxTargets } from './schema.ts'
import { db, type Placeholders, statement } from './statement.ts'

/** The webhook target, if it is stopped at this URL: with another URL, a start lets it go on. */
const STOPPED = statement((p: Placeholders<{ url: string }>) =>
  db
    .select({ stoppedAt: outboxTargets.stoppedAt })
    .from(outboxTargets)
    .where(
      and(
        eq(outboxTargets.kind, 'webhook'),
        eq(outboxTargets.url, p.url),
        isNotNull(outboxTargets.stoppedAt),
      ),
    ),
)

const isStopped = async (sql: Client, url: string) =>
  (await STOPPED.all(runInTransaction(sql), { url })).length > 0

type Told = Omit<DatabaseFacts, 'applied' | 'brought' | 'areWebhooksStopped'> & {
  readable: boolean
}

async function ask(
  transaction: postgres.TransactionSql,
  webhookUrl: string | null,
): Promise<DatabaseFacts> {
  const [server] = await transaction<Told[]>`
    select current_setting('server_version_num')::int as version,
      getdatabaseencoding() as encoding,
      current_setting('transaction_read_only') = 'off' as "takesWrites",
      exists (select from pg_class where relname = 'latchkey_migrations'
        and relnamespace = to_regnamespace('drizzle') and has_schema_privilege(relnamespace, 'usage')
        and has_table_privilege(oid, 'select')) as readable,
      (select bool_and(coalesce(has_schema_privilege(to_regnamespace(name)::oid, 'create'),
        has_database_privilege(current_database(), 'create')))
        from unnest(array['latchkey', 'drizzle']) as name) as "mayMigrate",
      (select min(relowner::regrole::text) from pg_class
        where relnamespace in (to_regnamespace('latchkey'), to_regnamespace('drizzle'))
          and relkind in ('r', 'p') and not pg_has_role(relowner, 'usage')) as "otherOwner",
      exists (select from pg_class where relnamespace = to_regnamespace('latchkey') and relkind in ('r', 'p'))
        as "hasTables",
      (select min(name::text) from unnest(current_schemas(false)) as name
        where has_schema_privilege('public', name::text, 'create')) as "openSchema"`
  if (server === undefined) throw new Error('The database told nothing of itself.')
  const { readable, ...facts } = server
  const [done] = readable
    ? await transaction<{ count: number }[]>`select count(*)::int from drizzle.latchkey_migrations`
    : []
  const [applied, brought] = [done?.count ?? 0, broughtMigrations().length]
  const areWebhooksStopped =
    webhookUrl !== null &&
    applied === brought &&
    facts.otherOwner === null &&
    (await isStopped(transaction, webhookUrl))
  return { ...facts, applied, brought, areWebhooksStopped }
}

/**
 * Examines a database over a connection like the service's, and changes nothing. Throws where it
 * cannot.
 */
export async function inspectDatabase(
  location: DatabaseLocation,
  { prepare, webhookUrl = null }: { prepare: boolean; webhookUrl?: string | null },
): Promise<DatabaseFacts> {
  const address = addressOf(location)
  const host = await findHost(address, { prepare })
  const sql = connect(address, host, { connections: 1, prepare })
  try {
    // In a transaction, as the service uses them: a pooler in statement mode refuses it.
    return await sql.begin((transaction) => ask(transaction, webhookUrl))
  } finally {
    await sql.end({ timeout: 2 })
  }
}
