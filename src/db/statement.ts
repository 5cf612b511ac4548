import { Column, is, Param, Placeholder, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import { drizzle } from 'drizzle-orm/postgres-js'
import type { RunStatement } from './client.ts'

/**
 * Builds statements and never runs them: `db.select(…)`, `db.$with('name').as(…)`, `db.update(…)`.
 * `for('update', { of })` needs an `alias` of the table, since PostgreSQL allows no schema there.
 */
export const db = drizzle.mock()

/** The named parameters of a statement, to use wherever a value goes. */
export type Placeholders<Values> = { readonly [Name in keyof Values & string]: Placeholder<Name> }

/** A statement that is built once; it runs through `database.query`, or `run` of a transaction. */
export interface Statement<Values, Row> {
  /** The SQL that PostgreSQL gets. */
  readonly text: string
  /** The values of its parameters, in their order. */
  bind(values: Values): unknown[]
  /** Runs it and gives all rows. */
  all(run: RunStatement, values: Values): Promise<Row[]>
  /** Runs it and gives the first row, else null. */
  one(run: RunStatement, values: Values): Promise<Row | null>
  /** Runs it and gives the number of rows. */
  count(run: RunStatement, values: Values): Promise<number>
}

/** What is used of the builder's queries. */
interface Query<Row> {
  prepare(name: string): {
    getQuery(): { sql: string; params: unknown[] }
    execute(values?: Record<string, unknown>): Promise<Row[]>
  }
}

/**
 * A statement built from the schema, turned into text when it is first needed: `statement((p:
 * Placeholders<{ id: string }>) => db.select({ name: users.name }).from(users).where(eq(users.id,
 * p.id)))`. Its rows have the type and the names of what it selects.
 *
 * @throws where the selection is nested.
 */
export function statement<Values, Row>(
  build: (p: Placeholders<Values>) => Query<Row>,
): Statement<Values, Row> {
  let made: Made | undefined
  const make = (): Made => {
    made ??= makeOnce(build(byName() as Placeholders<Values>))
    return made
  }
  const bind = (values: Values) =>
    make().binders.map((value) => value(values as Record<string, unknown>))
  const all = async (run: RunStatement, values: Values): Promise<Row[]> => {
    const { text, readers } = make()
    const rows = await run<unknown[]>(text, bind(values), { rows: 'arrays' })
    // Not `map`: it is slow on the driver's rows, which are instances of a class of its own.
    const read: Row[] = []
    for (const row of rows) read.push(readRow(row, readers) as Row)
    return read
  }
  return {
    get text() {
      return make().text
    },
    bind,
    all,
    one: async (run, values) => (await all(run, values))[0] ?? null,
    count: async (run, values) => (await all(run, values)).length,
  }
}

function readRow(row: readonly unknown[], readers: readonly Reader[]): Record<string, unknown> {
  const read: Record<string, unknown> = {}
  // By index: an iterator allocates two objects for each value.
  for (let place = 0; place < readers.length; place++) {
    const { name, decode } = readers[place] as Reader
    const value = row[place]
    read[name] = value === null || decode === null ? value : decode(value)
  }
  return read
}

/** What a statement is compiled to. */
interface Made {
  text: string
  binders: readonly ((values: Record<string, unknown>) => unknown)[]
  readers: readonly Reader[]
}

function makeOnce(query: Query<unknown>): Made {
  const prepared = query.prepare('')
  const { sql, params } = prepared.getQuery()
  const readers = readersOf(prepared as { fields?: readonly SelectedField[] })
  return { ...withEachOnce(sql, params), readers }
}

/** A parameter's number in a text, with its type cast if it has one. */
const NUMBERED = /\$(\d+)((?:::\w+(?:\[\])?)?)/g

/**
 * Sends each parameter only once for each type cast. The builder numbers every place where a name
 * stands, and the longest statement has twice as many places as names.
 */
function withEachOnce(sql: string, params: readonly unknown[]): Pick<Made, 'text' | 'binders'> {
  const binders: Made['binders'][number][] = []
  const numbers = new Map<string, number>()
  const text = sql.replace(NUMBERED, (_, place: string, type: string) => {
    const param = params[Number(place) - 1]
    const key = `${nameIn(param) ?? place} ${type}`
    const number = numbers.get(key) ?? binders.push(binderOf(param))
    numbers.set(key, number)
    return `$${number}${type}`
  })
  return { text, binders }
}

/**
 * The name of a parameter that is sent unchanged; null for one that is encoded first, and for most
 * constants.
 */
function nameIn(param: unknown): string | null {
  if (typeof param === 'symbol') return String(param)
  if (is(param, Placeholder)) return `:${param.name}`
  if (!is(param, Param) || !is(param.value, Placeholder)) return null
  const isAsGiven = param.encoder.mapToDriverValue === Column.prototype.mapToDriverValue
  return isAsGiven ? `:${param.value.name}` : null
}

/**
 * `insert into table (columns) select values …` with only the named columns, which the builder
 * cannot do. It is part of a statement, as in `db.$with(name, selection).as(insertFrom(…))`. `rest`
 * follows the selected values: `from …`, `where …`, `on conflict …`, `returning …`.
 */
export function insertFrom<Table extends PgTable>(
  table: Table,
  values: { readonly [Name in keyof Table['_']['columns']]?: SQLWrapper | Placeholder },
  rest: SQL,
): SQL {
  const columns = Object.keys(values).map((name) => nameOf((table as never)[name]))
  const selected = Object.values<SQLWrapper | Placeholder>(values as never).map((v) => sql`${v}`)
  return sql`insert into ${table} (${list(columns)}) select ${list(selected)} ${rest}`
}

/** `returning …` for these columns, as the `rest` of `insertFrom`. */
export const returning = (columns: Readonly<Record<string, PgColumn>>): SQL =>
  sql`returning ${list(Object.values(columns).map(nameOf))}`

/** A column by its bare name, where SQL allows no table before it. */
export const nameOf = (column: PgColumn): SQL => sql`${sql.identifier(column.name)}`

const list = (parts: readonly SQL[]) => sql.join([...parts], sql`, `)

const byName = () =>
  new Proxy({}, { get: (_, name) => sql.placeholder(String(name)) }) as Placeholders<unknown>

/** How one parameter gets its value. */
function binderOf(param: unknown): (values: Record<string, unknown>) => unknown {
  if (is(param, Placeholder)) return (values) => values[param.name]
  if (is(param, Param) && is(param.value, Placeholder)) {
    const { name } = param.value
    return (values) => {
      const value = values[name]
      return value === null ? null : param.encoder.mapToDriverValue(value)
    }
  }
  return () => param
}

/** What the builder stores for a selected column; its types leave out the decoder. */
interface SelectedField {
  path: readonly string[]
  field: Column | { decoder?: Decoder; sql?: { decoder?: Decoder } }
}

type Decoder = { mapFromDriverValue(value: unknown): unknown }

/** The name and the decoder of a selected value; null where it needs no decoding. */
interface Reader {
  name: string
  decode: ((value: unknown) => unknown) | null
}

function readersOf({ fields = [] }: { fields?: readonly SelectedField[] }): Reader[] {
  return fields.map(({ path, field }) => {
    const [name, ...deeper] = path
    if (name === undefined || deeper.length > 0) throw new Error('a selection must not be nested')
    const decoder: Decoder | undefined = is(field, Column)
      ? field
      : (field.decoder ?? field.sql?.decoder)
    // Most columns need no decoding: they inherit the decoder of all columns.
    const changes =
      decoder !== undefined && decoder.mapFromDriverValue !== Column.prototype.mapFromDriverValue
    return { name, decode: changes ? (value: unknown) => decoder.mapFromDriverValue(value) : null }
  })
}
