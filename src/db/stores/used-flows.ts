import type { UsedFlows } from '../../core/stores.ts'
import type { Database } from '../client.ts'

const FINISH = `
insert into latchkey.finished_flows (id, expires_at) values ($1, now() + $2 * interval '1 second')
on conflict do nothing returning id`

/** Marks in PostgreSQL that let each flow be finished once. */
export function createUsedFlows(database: Database): UsedFlows {
  return {
    finish: async (flowId, ttlSeconds) =>
      (await database.query(FINISH, [flowId, ttlSeconds])).length === 1,
  }
}
