import { customType, pgSchema, timestamp } from 'drizzle-orm/pg-core'

/** A schema of its own, so that Latchkey can share a database with the app it serves. */
export const latchkey = pgSchema('latchkey')

/** Bytes. */
export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/** A moment, to the millisecond. */
export const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })
