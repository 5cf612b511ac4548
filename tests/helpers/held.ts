import { expect } from 'vitest'
import type { Latchkey } from './latchkey.ts'

/** Waits until so many statements, at whatever replica, wait for a row or a table that somebody holds. */
export async function untilHeldUp({ database }: Pick<Latchkey, 'database'>, many = 1) {
  const heldUp = () =>
    database.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      [],
    )
  await expect.poll(heldUp, { interval: 10 }).toHaveLength(many)
}
