import { fileURLToPath } from 'node:url'
import { getTableName } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import type postgres from 'postgres'
import { OLDEST_POSTGRES } from '../core/settings/database-facts.ts'
import { addressOf, connect, type DatabaseLocation } from './connection/connect.ts'
import { findHost } from './connection/primary.ts'
import { runInTransaction } from './connection/run.ts'
import { makePartitions } from './partitions.ts'
import { APPLIED, broughtMigrations, MIGRATIONS } from './readiness.ts'
import { latchkey, sessions } from './schema.ts'
import { setSequencesOn } from './sequences.ts'

const migrationsFolder = fileURLToPath(new URL('../../drizzle', import.meta.url))

// Two arbitrary numbers that mean "Latchkey is migrating".
const LOCK = [76, 4711] as const

/** The database's encoding has no place for most names; `code` as the drivers' errors have one. */
class EncodingError extends Error {
  override name = 'EncodingError'
  readonly code = 'NOT_UTF8'
  constructor(encoding: string) {
    super(`The database's encoding is ${encoding}`)
  }
}

/** The server is older than what Latchkey is made for; `code` as the drivers' errors have one. */
class ServerTooOldError extends Error {
  override name = 'ServerTooOldError'
  readonly code = 'TOO_OLD'
}

/**
 * What a role or a database limits for its sessions does not hold for a migration, which takes as long as it
 * takes; `transaction_timeout` is there from PostgreSQL 17 on.
 */
const UNLIMITED = `
  select count(set_config(name, '0', true)) from pg_settings where name in
    ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')`

/**
 * A server does not look whether its client is still there while a statement runs: a replica that is killed while it
 * migrates would leave all tables locked for the minutes that the statement of a large database has left. Not every
 * system can look.
 */
const NOTICE_A_LOST_CLIENT = `
  do $$ begin perform set_config('client_connection_check_interval', '1s', true);
  exception when others then null; end $$`

/** Whether a database of this encoding takes any text; `SQL_ASCII` means bytes that nobody looks at. */
const canHold = (encoding: string) => ['UTF8', 'SQL_ASCII'].includes(encoding)

/** Latchkey's own, and the migrator's. */
const SCHEMAS = [latchkey.schemaName, MIGRATIONS.schema] as const

const CREATE_SCHEMA = /^\s*create schema (?:if not exists )?"(\w+)"/i

/**
 * The same client, which makes no schema that is there: to ask for that takes a right to the whole database
 * even then, and whoever shares it may have made the schemas beforehand.
 */
function leaveOut(client: postgres.TransactionSql, schemas: readonly string[]) {
  const { unsafe } = client
  const isThere = (text: string) => schemas.includes(CREATE_SCHEMA.exec(text)?.[1] ?? '')
  return Object.assign(client, {
    unsafe: ((text, ...rest) => unsafe(isThere(text) ? 'select' : text, ...rest)) as typeof unsafe,
  })
}

/**
 * Takes all tables at once where something is to be migrated, before any work is done: migrations lock one
 * after the other, and would do their work again and again, in everybody's way, for the sake of the last one.
 * Most statements begin with sessions, and wait there while they hold nothing else.
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
 * Brings the database up to the schema of this version, with the audit's partitions, on a connection of its own. Any number of
 * replicas may call it at once: one migrates, the others wait for it. The lock belongs to the
 * transaction, not to the connection, so it holds behind PgBouncer in transaction mode too.
 *
 * @param lockMs how long each table is waited for. Replicas of the version before are at work: whatever asks
 *   for a table meanwhile waits behind, and what holds several of them may wait for one that is locked already.
 * @throws with the code 55P03 where a table was not free in time: nothing is changed, and the same may be done again.
 */
export async function migrateDatabase(
  location: DatabaseLocation,
  { lockMs = 3_000 }: { lockMs?: number } = {},
): Promise<void> {
  const address = addressOf(location)
  const host = await findHost(address, { prepare: false })
  const sql = connect(address, host, {
    connections: 1,
    // A migration may take as long as it takes.
    prepare: false,
    applicationName: 'latchkey migration',
  })
  try {
    // Whatever this database's default is: who waited for the lock must see what the one before has done.
    await sql.begin('isolation level read committed', async (transaction) => {
      // As in each session of ours (SESSION).
      await transaction.unsafe('set local search_path = pg_catalog')
      const [server] = await transaction.unsafe<{ version: number; encoding: string }[]>(
        `select current_setting('server_version_num')::int as version,
          getdatabaseencoding() as encoding, (${UNLIMITED}) as unlimited`,
      )
      await transaction.unsafe(NOTICE_A_LOST_CLIENT)
      if ((server?.version ?? 0) < OLDEST_POSTGRES) throw new ServerTooOldError()
      if (!canHold(server?.encoding ?? '')) throw new EncodingError(server?.encoding ?? '')
      await transaction`select pg_advisory_xact_lock(${LOCK[0]}, ${LOCK[1]})`
      // From here on: another replica that migrates is waited for as long as it takes.
      await transaction.unsafe(`set local lock_timeout = ${Math.floor(lockMs)}`)
      const [there] = await transaction<{ names: string[]; isMigrated: boolean }[]>`
        select array[to_regnamespace(${SCHEMAS[0]})::text, to_regnamespace(${SCHEMAS[1]})::text] as names,
          to_regclass(${APPLIED}) is not null as "isMigrated"`
      if (there?.isMigrated) await lockTables(transaction)
      const keepingSchemas = (client: postgres.TransactionSql) =>
        leaveOut(client, there?.names ?? [])
      // The migrator opens a transaction of its own, which within ours is a savepoint.
      const nested = Object.assign(keepingSchemas(transaction), {
        options: sql.options,
        begin: (work: (client: postgres.TransactionSql) => Promise<unknown>) =>
          transaction.savepoint((inner) => work(keepingSchemas(inner))),
      }) as unknown as postgres.Sql
      // First, since the list of migrations has a sequence, too.
      await setSequencesOn(transaction)
      await migrate(drizzle(nested), { migrationsFolder, migrationsTable: MIGRATIONS.table })
      await makePartitions(runInTransaction(transaction))
    })
  } finally {
    await sql.end({ timeout: 5 })
  }
}
