import { fileURLToPath } from 'node:url'
import { getTableName } from 'drizzle-orm'
import type postgres from 'postgres'
import { OLDEST_POSTGRES } from '../core/settings/database-facts.ts'
import { applyMigrations } from './apply-migrations.ts'
import { addressOf, connect, type DatabaseLocation } from './connection/connect.ts'
import { findHost } from './connection/primary.ts'
import { runInTransaction } from './connection/run.ts'
import { makePartitions } from './partitions.ts'
import { APPLIED, broughtMigrations, MIGRATIONS } from './readiness.ts'
import { latchkey, sessions } from './schema.ts'
import { setSequencesOn } from './sequences.ts'

const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url))

// Two arbitrary numbers for the advisory lock of migrations.
const LOCK = [76, 4711] as const

/** The database's encoding cannot hold most names. `code` is set as on the driver's errors. */
class EncodingError extends Error {
  override name = 'EncodingError'
  readonly code = 'NOT_UTF8'
  constructor(encoding: string) {
    super(`The database's encoding is ${encoding}`)
  }
}

/** The server is older than Latchkey supports. `code` is set as on the driver's errors. */
class ServerTooOldError extends Error {
  override name = 'ServerTooOldError'
  readonly code = 'TOO_OLD'
}

/**
 * Lifts the time limits that a role or database sets for its sessions: a migration may take any
 * time. `transaction_timeout` exists from PostgreSQL 17 on.
 */
const UNLIMITED = `
  select count(set_config(name, '0', true)) from pg_settings where name in
    ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')`

/**
 * A server does not notice a lost client while a statement runs. If a replica were killed while it
 * migrates a large database, all tables would stay locked until its statement ends, minutes later.
 * Not every system supports this check.
 */
const NOTICE_A_LOST_CLIENT = `
  do $$ begin perform set_config('client_connection_check_interval', '1s', true);
  exception when others then null; end $$`

/** Whether this encoding can hold any text. `SQL_ASCII` means bytes that are never checked. */
const canHold = (encoding: string) => ['UTF8', 'SQL_ASCII'].includes(encoding)

/** Latchkey's own schema and the migrator's. */
const SCHEMAS = [latchkey.schemaName, MIGRATIONS.schema] as const

const CREATE_SCHEMA = /^\s*create schema (?:if not exists )?"(\w+)"/i

/**
 * Leaves out statements that create schemas that exist: `create schema if not exists` needs a right on
 * the whole database even then, and in a shared database somebody may have created them beforehand.
 */
const keep = (schemas: readonly string[]) => (text: string) =>
  schemas.includes(CREATE_SCHEMA.exec(text)?.[1] ?? '') ? 'select' : text

/** The same client; it sends each statement as `change` returns it. */
function changing(client: postgres.TransactionSql, change: (text: string) => string) {
  const { unsafe } = client
  return Object.assign(client, {
    unsafe: ((text, ...rest) => unsafe(change(text), ...rest)) as typeof unsafe,
  })
}

/**
 * Locks all tables at once before a migration begins: otherwise it would lock them one by one, and
 * repeat its work, in everybody's way, whenever the last one is not free. Sessions come first: most
 * statements begin there, and wait there while they hold nothing else.
 */
async function lockTables(transaction: postgres.TransactionSql): Promise<void> {
  const last = broughtMigrations().at(-1)?.when ?? 0
  const [found] = await transaction<{ tables: string | null }[]>`
    select string_agg(oid::regclass::text, ', ' order by relname <> ${getTableName(sessions)}, oid) as tables
    from pg_class where relnamespace = to_regnamespace(${SCHEMAS[0]}) and relkind in ('r', 'p') and not relispartition
      and not exists (select from ${transaction(APPLIED)} where created_at >= ${last}::bigint)`
  const tables = found?.tables ?? null
  if (tables !== null) await transaction.unsafe(`lock table ${tables} in access exclusive mode`)
}

/**
 * Migrates the database to this version and makes the audit's partitions, on a connection of its
 * own. Any number of replicas may call it at once: one migrates, the others wait. The lock belongs
 * to the transaction, not the connection, so it also holds behind PgBouncer in transaction mode.
 *
 * @param lockMs how long to wait for each table. Replicas of the version before are still working:
 * statements queue behind the waiting lock, and one that holds several tables may itself be waiting
 * for one that is locked.
 * @throws with the code 55P03 where a table was not free in time. Nothing has been changed then, and
 * the call can be repeated.
 */
export async function migrateDatabase(
  location: DatabaseLocation,
  { lockMs = 3_000 }: { lockMs?: number } = {},
): Promise<void> {
  const address = addressOf(location)
  const host = await findHost(address, { prepare: false })
  const sql = connect(address, host, {
    connections: 1,
    // A migration may take any time.
    prepare: false,
    applicationName: 'latchkey migration',
  })
  try {
    // Whatever the database's default is: whoever waited for the lock must see what the one before
    // has done.
    await sql.begin('isolation level read committed', async (transaction) => {
      // As in each of our sessions (SESSION).
      await transaction.unsafe('set local search_path = pg_catalog')
      const [server] = await transaction.unsafe<{ version: number; encoding: string }[]>(
        `select current_setting('server_version_num')::int as version,
          getdatabaseencoding() as encoding, (${UNLIMITED}) as unlimited`,
      )
      await transaction.unsafe(NOTICE_A_LOST_CLIENT)
      if ((server?.version ?? 0) < OLDEST_POSTGRES) throw new ServerTooOldError()
      if (!canHold(server?.encoding ?? '')) throw new EncodingError(server?.encoding ?? '')
      await transaction`select pg_advisory_xact_lock(${LOCK[0]}, ${LOCK[1]})`
      // From here on; another replica that migrates is waited for without a limit.
      await transaction.unsafe(`set local lock_timeout = ${Math.floor(lockMs)}`)
      const [there] = await transaction<{ names: string[]; isMigrated: boolean }[]>`
        select array[to_regnamespace(${SCHEMAS[0]})::text, to_regnamespace(${SCHEMAS[1]})::text] as names,
          to_regclass(${APPLIED}) is not null as "isMigrated"`
      if (there?.isMigrated) await lockTables(transaction)
      const change = keep(there?.names ?? [])
      // The migrator opens a transaction of its own, which becomes a savepoint within ours.
      const nested = Object.assign(changing(transaction, change), {
        options: sql.options,
        begin: (work: (client: postgres.TransactionSql) => Promise<unknown>) =>
          transaction.savepoint((inner) => work(changing(inner, change))),
      }) as unknown as postgres.Sql
      // First, since the list of migrations uses a sequence, too.
      await setSequencesOn(transaction)
      const config = { migrationsFolder, migrationsTable: MIGRATIONS.table }
      await applyMigrations(nested, config, change)
      await makePartitions(runInTransaction(transaction))
    })
  } finally {
    await sql.end({ timeout: 5 })
  }
}
