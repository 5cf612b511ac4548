import { asc, eq, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { SigningKeys, StoredSigningKey } from '../../../core/tokens/key-store.ts'
import type { Database, RunStatement } from '../../client.ts'
import { signingKeys } from '../../schema.ts'
import { db, nameOf, type Placeholders, statement } from '../../statement.ts'

/** One replica at a time. */
const LOCK = statement<Record<never, never>, { held: unknown }>(() =>
  db.select({ held: sql`pg_advisory_xact_lock(76, 4712)::text` }).from(sql`(select) as nothing`),
)

const milliseconds = <Value extends number | null>(moment: PgColumn) =>
  sql<Value>`(extract(epoch from ${moment}) * 1000)::float8`

const CLOCK = statement<Record<never, never>, { now: number }>(() =>
  db
    .select({ now: sql<number>`(extract(epoch from clock_timestamp()) * 1000)::float8` })
    .from(sql`(select) as nothing`),
)

const READ = statement<Record<never, never>, StoredSigningKey>(() =>
  db
    .select({
      kid: signingKeys.kid,
      alg: signingKeys.alg,
      sealedJwk: signingKeys.sealedJwk,
      signsFrom: milliseconds<number>(signingKeys.signsFrom),
      publishedUntil: milliseconds<number | null>(signingKeys.publishedUntil),
    })
    .from(signingKeys)
    .orderBy(asc(signingKeys.signsFrom), asc(signingKeys.kid)),
)

const excluded = (column: PgColumn) => sql`excluded.${nameOf(column)}`

const WRITE = statement((p: Placeholders<StoredSigningKey>) =>
  db
    .insert(signingKeys)
    .values({
      kid: p.kid,
      alg: p.alg,
      sealedJwk: p.sealedJwk,
      signsFrom: sql`to_timestamp(${p.signsFrom}::float8 / 1000)`,
      publishedUntil: sql`to_timestamp(${p.publishedUntil}::float8 / 1000)`,
    })
    .onConflictDoUpdate({
      target: signingKeys.kid,
      set: {
        sealedJwk: excluded(signingKeys.sealedJwk),
        signsFrom: excluded(signingKeys.signsFrom),
        publishedUntil: excluded(signingKeys.publishedUntil),
      },
    })
    .returning({ kid: signingKeys.kid }),
)

const REMOVE = statement((p: Placeholders<{ kid: string }>) =>
  db.delete(signingKeys).where(eq(signingKeys.kid, p.kid)).returning({ kid: signingKeys.kid }),
)

/** The signing keys in PostgreSQL; one replica at a time changes them. */
export function createSigningKeys(database: Database): SigningKeys {
  const clock = async (run: RunStatement) => (await CLOCK.one(run, {}))?.now ?? Date.now()
  return {
    async read() {
      const { query } = database
      return { ring: await READ.all(query, {}), now: await clock(query) }
    },
    update: (plan) =>
      database.transaction(async (run) => {
        await LOCK.one(run, {})
        const now = await clock(run)
        const { add, change, remove } = await plan(await READ.all(run, {}), now)
        for (const key of [...add, ...change]) await WRITE.one(run, key)
        for (const kid of remove) await REMOVE.one(run, { kid })
        return { ring: await READ.all(run, {}), now }
      }),
  }
}
