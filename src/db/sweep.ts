import type { Database } from './client.ts'

const BATCH = 1000

/** Each removes at most one batch; rows that another replica is removing are passed over. */
const STATEMENTS = [
  `delete from latchkey.finished_flows where id in (
     select id from latchkey.finished_flows where expires_at < now()
     limit ${BATCH} for update skip locked)`,
  `delete from latchkey.refresh_tokens where hash in (
     select hash from latchkey.refresh_tokens where expires_at < now()
     limit ${BATCH} for update skip locked)`,
  `delete from latchkey.login_codes where hash in (
     select hash from latchkey.login_codes where expires_at < now() - interval '1 day'
     limit ${BATCH} for update skip locked)`,
  `delete from latchkey.sessions where id in (
     select id from latchkey.sessions where expires_at < now()
     limit ${BATCH} for update skip locked)`,
]

/** Removes one batch of expired rows of each kind; gives how many rows went. */
export async function sweepBatch(database: Database): Promise<number> {
  let removed = 0
  for (const statement of STATEMENTS) {
    const rows = await database.query(`${statement} returning 1`, [])
    removed += rows.length
  }
  return removed
}
