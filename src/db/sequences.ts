import type { Client } from './connection/run.ts'
import { MIGRATIONS } from './readiness.ts'
import { latchkey } from './schema.ts'

interface Sequence {
  sequence: string
  table: string
  column: string
}

/**
 * Advances sequences that are behind the rows of their tables. Logical replication copies rows but
 * not sequences, so a server that took over by it would give out numbers again.
 */
export async function setSequencesOn(transaction: Client): Promise<void> {
  const sequences = (await transaction.unsafe(
    `select objid::regclass::text as sequence, refobjid::regclass::text as "table", quote_ident(attname) as "column"
     from pg_depend
     join pg_class on pg_class.oid = objid and relkind = 'S'
     join pg_attribute on attrelid = refobjid and attnum = refobjsubid
     where classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass and deptype in ('a', 'i')
       and relnamespace in (to_regnamespace($1), to_regnamespace($2))`,
    [latchkey.schemaName, MIGRATIONS.schema],
  )) as unknown as Sequence[]
  for (const { sequence, table, column } of sequences) {
    await transaction.unsafe(
      `select setval($1::text::regclass, most) from (select max(${column})::bigint as most from ${table}) as its
       where most > coalesce(pg_sequence_last_value($1::text::regclass), 0)`,
      [sequence],
    )
  }
}
