import type { Latchkey } from './latchkey.ts'

type Unit = 'second' | 'minute' | 'hour' | 'day'
/** A span of time as PostgreSQL reads it: `61 seconds`, `1 day`. */
export type Span = `${number} ${Unit | `${Unit}s`}`

/**
 * Lets time pass, as far as the database knows: everything that is stored happened so much earlier and
 * ends so much sooner. A token that is signed, and what a process remembers, keep their own time.
 */
export async function age({ database }: Latchkey, span: Span): Promise<void> {
  const tables = await database.query<{ statement: string }>(
    `select format('update %s set %s', attrelid::regclass,
       string_agg(format('%1$I = %1$I - %2$L::interval', attname, $1::text), ', ')) as statement
     from pg_attribute join pg_class on pg_class.oid = attrelid
     where relnamespace = 'latchkey'::regnamespace and relkind = 'r' and not relispartition
       and atttypid = 'timestamptz'::regtype and attnum > 0 and not attisdropped
     group by attrelid`,
    [span],
  )
  for (const { statement } of tables) await database.query(statement, [])
}

/** Disables a user as the operator does, everybody where none is named, or enables again. */
export async function setDisabled(
  { database }: Latchkey,
  isDisabled: boolean,
  userId: string | null = null,
): Promise<void> {
  await database.query(
    `update latchkey.users set disabled_at = case when $1 then now() end
     where id = coalesce($2::uuid, id)`,
    [isDisabled, userId],
  )
}

/** Ends a session, or every one, without any request. */
export async function endSession(
  { database }: Latchkey,
  sessionId: string | null = null,
): Promise<void> {
  await database.query(
    'update latchkey.sessions set ended_at = now() where id = coalesce($1::uuid, id)',
    [sessionId],
  )
}
