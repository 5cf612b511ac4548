import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { createInterface } from 'node:readline'
import type { ParsedElementInfo } from '@streamparser/json'
import { parseJson } from '../../../core/json.ts'

/** One record of an export, or what could not be read in its place. */
export interface Found {
  /** A line of a file, or a place in one of its tables. */
  at: string
  /** The table that it is of, where the file names it. */
  table: string | null
  value: unknown
  /** What is wrong with it; the value is then undefined. */
  problem?: string
}

/** What is looked at to tell what a file is. */
const PEEK_BYTES = 64 * 1024
/** A document up to this size is read whole. */
const WHOLE_BYTES = 8 * 1024 * 1024
/** Longer records are none. */
const RECORD_BYTES = 64 * 1024 * 1024

async function peek(path: string): Promise<{ head: string; size: number }> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(PEEK_BYTES), 0, PEEK_BYTES, 0)
    const head = buffer
      .subarray(0, bytesRead)
      .toString('utf8')
      .replace(/^\ufeff/, '')
      .trimStart()
    return { head, size: (await file.stat()).size }
  } finally {
    await file.close()
  }
}

/** Whether it is one JSON document per line, by its first two lines. */
function isLines(head: string, path: string): boolean {
  if (['.ndjson', '.jsonl'].includes(extname(path).toLowerCase())) return true
  const [first = '', second = ''] = head.split('\n', 2).map((line) => line.trim())
  return first.startsWith('{') && first.endsWith('}') && second.startsWith('{')
}

/**
 * The records of a file: JSON lines, a JSON document with lists, or CSV, told apart by what is in it. It is read as
 * it comes: what is held in memory is a record, or a small document.
 *
 * @param tables what the lists are called that hold records.
 * @param columns of a CSV file whose first line names none.
 */
export async function* readRecords(
  path: string,
  tables: readonly string[],
  columns: readonly string[] | null,
): AsyncGenerator<Found> {
  const { head, size } = await peek(path)
  if (head === '') return
  if (isLines(head, path)) yield* readLines(path, tables)
  else if (head.startsWith('[')) yield* readDocument(path, tables, listsOf(head, tables))
  else if (!head.startsWith('{'))
    yield* readCsv(path, tables, namesColumns(head, columns) ? null : columns)
  else if (size > WHOLE_BYTES) yield* readDocument(path, tables, lists(tables, ['$', '$.*']))
  else yield* readWhole(path, tables)
}

/** Whether the first line of a CSV file says what the columns are. */
const namesColumns = (head: string, columns: readonly string[] | null) =>
  head
    .split(/[,\r\n]/, 1)[0]
    ?.replaceAll('"', '')
    .toLowerCase() === columns?.[0]?.toLowerCase()

const lists = (tables: readonly string[], below: readonly string[]) =>
  below.flatMap((place) => tables.map((table) => `${place}.${table}.*`))

/** A list of records; or of the one row that a query gave, in which a document stands. */
function listsOf(head: string, tables: readonly string[]): string[] {
  const row = /^\[\s*\{\s*"[^"]+"\s*:\s*\{\s*"([^"]+)"\s*:\s*\[/.exec(head)
  return row?.[1] !== undefined && tables.includes(row[1]) ? lists(tables, ['$.*.*']) : ['$.*']
}

/** What has one of these is a person, and not a document with lists of them. */
const ID_NAMES = ['id', '_id', 'sub', 'localId']

/** The records in a value: of the lists in it, or itself. */
function* expand(value: unknown, at: string, tables: readonly string[]): Generator<Found> {
  const entries =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value)
      : null
  if (entries === null) {
    if (!Array.isArray(value)) return yield { at, table: null, value }
    for (const [place, one] of value.entries()) yield* expand(one, `${at}[${place}]`, tables)
    return
  }
  const isPerson = entries.some(
    ([name, one]) => ID_NAMES.includes(name) || (name === 'user' && !Array.isArray(one)),
  )
  const named = entries.filter(([name, one]) => tables.includes(name) && Array.isArray(one))
  const [only] = entries.length === 1 ? entries : []
  const inside = only === undefined ? null : documentIn(only[1])
  if (inside !== null) yield* expand(inside, at, tables)
  else if (named.length > 0 && !isPerson) {
    for (const [table, rows] of named) {
      for (const [place, one] of (rows as unknown[]).entries()) {
        yield { at: `${at === '' ? '' : `${at} `}${table}[${place}]`, table, value: one }
      }
    }
  } else yield { at: at === '' ? '[0]' : at, table: null, value }
}

/** A document in the one member of a row, as an object or as text. */
function documentIn(value: unknown): unknown {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  if (typeof value !== 'string' || !value.trimStart().startsWith('{')) return null
  try {
    return parseJson(value)
  } catch {
    return null
  }
}

async function* readWhole(path: string, tables: readonly string[]): AsyncGenerator<Found> {
  const file = await open(path)
  const text = await file.readFile('utf8').finally(() => file.close())
  let document: unknown
  try {
    document = parseJson(text.replace(/^\ufeff/, ''))
  } catch (error) {
    return yield { ...malformed(error), at: basename(path) }
  }
  yield* expand(document, '', tables)
}

const malformed = (error: unknown): Omit<Found, 'at'> => ({
  table: null,
  value: undefined,
  problem: error instanceof Error ? error.message : String(error),
})

async function* readLines(path: string, tables: readonly string[]): AsyncGenerator<Found> {
  const lines = createInterface({
    input: createReadStream(path),
    crlfDelay: Number.POSITIVE_INFINITY,
  })
  let number = 0
  for await (const line of lines) {
    number += 1
    const text = number === 1 ? line.replace(/^\ufeff/, '') : line
    if (text.trim() === '') continue
    const at = `line ${number}`
    try {
      yield* expand(parseJson(text), at, tables)
    } catch (error) {
      yield { ...malformed(error), at }
    }
  }
}

/** A number that a double would round stays text. */
const wholeNumber = (digits: string): number =>
  (/^-?\d{16,}$/.test(digits) && !Number.isSafeInteger(Number(digits))
    ? digits
    : Number(digits)) as number

async function* readDocument(
  path: string,
  tables: readonly string[],
  paths: string[],
): AsyncGenerator<Found> {
  const { Tokenizer, TokenParser } = await import('@streamparser/json')
  const found: Found[] = []
  const tokenizer = new (class extends Tokenizer {
    protected override parseNumber = wholeNumber
  })()
  const parser = new TokenParser({ paths, keepStack: false })
  tokenizer.onToken = parser.write.bind(parser)
  const places = new Map<string, number>()
  parser.onValue = ({ value, stack }: ParsedElementInfo) => {
    const [, ...above] = stack
    const table = above
      .map(({ key }) => key)
      .filter((key) => typeof key === 'string')
      .at(-1)
    const name = String(table ?? '')
    const place = places.get(name) ?? 0
    places.set(name, place + 1)
    const at = `${name}[${place}]`
    if (table === undefined) found.push(...expand(value, at, tables))
    else found.push({ at, table: name, value })
  }
  let read = 0
  try {
    for await (const chunk of createReadStream(path)) {
      tokenizer.write(chunk as Buffer)
      read += (chunk as Buffer).length
      yield* found.splice(0)
    }
    if (!tokenizer.isEnded) tokenizer.end()
    if (!parser.isEnded) parser.end()
    yield* found.splice(0)
  } catch (error) {
    yield* found.splice(0)
    yield { ...malformed(error), at: `behind byte ${read}` }
  }
}

async function* readCsv(
  path: string,
  tables: readonly string[],
  columns: readonly string[] | null,
): AsyncGenerator<Found> {
  const { parse } = await import('csv-parse')
  const parser = parse({
    bom: true,
    columns: columns === null ? true : [...columns],
    relax_column_count: columns !== null,
    info: true,
    max_record_size: RECORD_BYTES,
    skip_empty_lines: true,
    skip_records_with_error: true,
  })
  const broken: Found[] = []
  parser.on('skip', (error: Error & { lines?: number }) => {
    broken.push({ ...malformed(error), at: `line ${error.lines}` })
  })
  const input = createReadStream(path)
  input.on('error', (error) => parser.destroy(error))
  input.pipe(parser)
  try {
    // Behind the header; a record may go over several lines, and is found where it begins.
    let line = columns === null ? 2 : 1
    for await (const { record, info } of parser) {
      yield* broken.splice(0)
      yield* expand(record, `line ${line}`, tables)
      line = info.lines + 1
    }
  } catch (error) {
    broken.push({ ...malformed(error), at: basename(path) })
  }
  yield* broken
}
