import { getTableConfig } from 'drizzle-orm/pg-core'
import type { RunStatement } from './connection/run.ts'
import { auditEvents } from './schema.ts'

/** How many months ahead partitions are made, beside the present one. */
const MONTHS_AHEAD = 3

/** If a lock is not free within this time, the work is done another day. */
const LOCK_TIMEOUT = `set local lock_timeout = '2s'`

const { schema = 'public', name: table } = getTableConfig(auditEvents)
const whole = `"${schema}"."${table}"`

/** A month in UTC, counted from the year 0. */
type Month = number

const monthOf = (at: Date): Month => at.getUTCFullYear() * 12 + at.getUTCMonth()
const begin = (month: Month) => new Date(Date.UTC(Math.floor(month / 12), month % 12)).toISOString()
const partition = (month: Month) =>
  `${table}_${Math.floor(month / 12)}_${String((month % 12) + 1).padStart(2, '0')}`

/** The month of a partition; null for any other table. */
function monthIn(name: string): Month | null {
  const [, year, month] = /_(\d{4})_(\d{2})$/.exec(name) ?? []
  return year === undefined ? null : Number(year) * 12 + Number(month) - 1
}

/** The months, of this and the next three by the database's clock, that have no partition. */
export async function missingMonths(run: RunStatement): Promise<Month[]> {
  const present = new Set((await listPartitions(run)).map(({ name }) => name))
  const now = monthOf(new Date(await clockOf(run)))
  const wanted = Array.from({ length: MONTHS_AHEAD + 1 }, (_, ahead) => now + ahead)
  return wanted.filter((month) => !present.has(partition(month)))
}

/**
 * Makes the missing partitions. Each is made as a separate table and then attached, which blocks no
 * writer.
 */
export async function makePartitions(run: RunStatement): Promise<void> {
  for (const month of await missingMonths(run)) {
    const name = partition(month)
    await run(LOCK_TIMEOUT)
    await run(`create table "${schema}"."${name}" (like ${whole} including all)`)
    await run(
      `alter table ${whole} attach partition "${schema}"."${name}"
       for values from ('${begin(month)}') to ('${begin(month + 1)}')`,
    )
  }
}

/**
 * Drops the partitions whose month ended longer ago than this; gives how many. Dropped data does
 * not come back, so a clock that jumped ahead is not trusted alone: the database's clock, this
 * process's, and the newest row must all agree.
 */
export async function dropPartitions(run: RunStatement, olderThanSeconds: number): Promise<number> {
  const newest = await newestRow(run)
  if (newest === null) return 0
  const now = Math.min(newest, await clockOf(run), Date.now())
  const last = monthOf(new Date(now - olderThanSeconds * 1000))
  const over = (await listPartitions(run)).filter(({ month }) => month !== null && month < last)
  for (const { name } of over) {
    await run(LOCK_TIMEOUT)
    await run(`drop table "${schema}"."${name}"`)
  }
  return over.length
}

async function listPartitions(run: RunStatement): Promise<{ name: string; month: Month | null }[]> {
  const rows = await run<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = '${whole}'::regclass`,
  )
  return rows.map(({ name }) => ({ name, month: monthIn(name) }))
}

/**
 * The time of the newest row that is not in the future, in ms since 1970; null where there is none.
 */
async function newestRow(run: RunStatement): Promise<number | null> {
  const [row] = await run<{ ms: number | null }>(
    `select (extract(epoch from max(at)) * 1000)::float8 as ms from ${whole} where at <= now()`,
  )
  return row?.ms ?? null
}

/** The database's time, in ms since 1970. */
export async function clockOf(run: RunStatement): Promise<number> {
  const [row] = await run<{ ms: number }>('select (extract(epoch from now()) * 1000)::float8 as ms')
  return row?.ms ?? Date.now()
}
