import { type DatabaseFacts, OLDEST_POSTGRES } from '../../core/settings/database-facts.ts'
import { describeAddress, parseDatabaseUrl } from '../../core/settings/database-url.ts'
import { codeOf } from './explain/explain.ts'
import { explainFailure, saidBy } from './explain/failures.ts'
import { type Finding, ok, warning, wrong } from './findings.ts'
import type { DoctorTexts } from './texts/texts.ts'

/** Ports at which poolers usually listen: PgBouncer's, and a hosted one's in transaction mode. */
const POOLER_PORTS = [6432, 6543]

/** What PostgreSQL answers to a write on a standby. */
const READ_ONLY = '25006'
/** What it answers to a migration that was applied before. */
const TABLE_EXISTS = '42P07'

/** What is right and wrong with the database at this URL. */
export async function checkDatabase(
  url: string,
  { prepare, inspect }: { prepare: boolean; inspect: () => Promise<DatabaseFacts> },
  words: DoctorTexts,
): Promise<Finding[]> {
  const address = parseDatabaseUrl(url)
  const port = address.hosts.find((host) => POOLER_PORTS.includes(host.port))?.port
  const pooler = prepare && port !== undefined ? [warning(words.pooler(String(port)))] : []
  let facts: DatabaseFacts
  try {
    facts = await inspect()
  } catch (error) {
    const code = codeOf(error) ?? words.noConnection
    const away = words.databaseAway(code, describeAddress(address))
    return [wrong(away, ...explainFailure(code, words.language), ...saidBy(error)), ...pooler]
  }
  const { version, encoding, takesWrites, openSchema } = facts
  const readable = `${Math.floor(version / 10_000)}.${version % 10_000}`
  return [
    version < OLDEST_POSTGRES
      ? wrong(words.databaseOld(readable))
      : ok(words.databaseGood(readable)),
    ...checkEncoding(encoding, words),
    ...(takesWrites ? [] : explainFailure(READ_ONLY, words.language).map((text) => wrong(text))),
    ...pooler,
    ...(openSchema === null ? [] : [warning(words.openSchema(openSchema))]),
    ...checkMigrations(facts, words),
    ...(facts.areWebhooksStopped ? [warning(words.webhooksStopped)] : []),
  ]
}

/**
 * Each start creates what is missing (also months of the audit log), so the rights matter even with
 * no migration pending.
 */
function checkMigrations(facts: DatabaseFacts, words: DoctorTexts): Finding[] {
  const { applied, brought, mayMigrate, otherOwner } = facts
  // Without rights, applied migrations may not even be visible.
  if (otherOwner !== null) return [wrong(words.tablesOfAnother(otherOwner))]
  if (applied === 0 && facts.hasTables) {
    return explainFailure(TABLE_EXISTS, words.language).map((text) => wrong(text))
  }
  return [
    ...(applied === brought ? [ok(words.migrationsDone)] : []),
    ...(applied > brought ? [wrong(words.migrationsNewer)] : []),
    ...(applied < brought ? [warning(words.migrationsPending(brought - applied))] : []),
    ...(mayMigrate ? [] : [wrong(words.mayNotMigrate)]),
  ]
}

/**
 * The start refuses an encoding that cannot hold every name. `SQL_ASCII` holds any bytes and checks
 * none.
 */
function checkEncoding(encoding: string, words: DoctorTexts): Finding[] {
  if (encoding === 'UTF8') return []
  if (encoding === 'SQL_ASCII') return [warning(words.databaseBytes)]
  return [wrong(words.databaseEncoding(encoding), ...explainFailure('NOT_UTF8', words.language))]
}
