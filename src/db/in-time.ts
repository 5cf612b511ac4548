import { sql } from 'drizzle-orm'
import { DEADLINE } from './connection/run.ts'

/**
 * A condition of the first part of a statement that changes something, on which all other parts depend:
 * it divides by zero where the statement begins only when nobody waits for it any more.
 */
export const inTime = sql`1 / (clock_timestamp() < ${sql.param(DEADLINE)}::text::timestamptz)::int = 1`
