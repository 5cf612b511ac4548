import { sql } from 'drizzle-orm'
import { DEADLINE } from './connection/run.ts'

/**
 * A condition for the first part of a statement that changes something, on which all its other
 * parts depend. It divides by zero if the statement starts so late that nobody waits for it any
 * more.
 */
export const inTime = sql`1 / (clock_timestamp() < ${sql.param(DEADLINE)}::text::timestamptz)::int = 1`
