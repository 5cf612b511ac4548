import { stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { ParsedElementInfo } from '@streamparser/json'
import { parseJson } from '../../../../core/json.ts'
import { expand, type Found, malformed } from './expand.ts'
import { delimiterOf, readCsv } from './read-csv.ts'
import { NotText, readText, readTextLines } from './read-text.ts'

/** A document up to this size is read whole. */
const WHOLE_BYTES = 8 * 1024 * 1024

/** Reads the part of a file by which its format is recognized. */
async function peek(path: string): Promise<{ head: string; size: number }> {
  for await (const text of readText(path)) {
    return { head: text.trimStart(), size: (await stat(path)).size }
  }
  return { head: '', size: 0 }
}

/** Whether it is one JSON document per line, by its first two lines. */
function isLines(head: string, path: string): boolean {
  if (['.ndjson', '.jsonl'].includes(extname(path).toLowerCase())) return true
  const [first = '', second = ''] = head.split('\n', 2).map((line) => line.trim())
  return first.startsWith('{') && first.endsWith('}') && second.startsWith('{')
}

/**
 * The records of a file: JSON lines, a JSON document with lists, or CSV, recognized by its content.
 * It is read as a stream: only one record, or a small document, is held in memory.
 *
 * @param tables names of the lists with records.
 * @param columns the columns of a CSV file whose first line does not name them.
 */
export async function* readRecords(
  path: string,
  tables: readonly string[],
  columns: readonly string[] | null,
): AsyncGenerator<Found> {
  try {
    yield* readAny(path, tables, columns)
  } catch (error) {
    if (!(error instanceof NotText)) throw error
    yield { at: basename(path), table: null, value: undefined, problem: 'not_text' }
  }
}

async function* readAny(
  path: string,
  tables: readonly string[],
  columns: readonly string[] | null,
): AsyncGenerator<Found> {
  const { head, size } = await peek(path)
  if (head === '') return
  if (isLines(head, path)) yield* readLines(path, tables)
  else if (head.startsWith('[')) yield* readDocument(path, tables, listsOf(head, tables))
  else if (!head.startsWith('{'))
    yield* readCsv(path, tables, {
      columns: namesColumns(head, columns) ? null : columns,
      delimiter: delimiterOf(head),
    })
  else if (size > WHOLE_BYTES) yield* readDocument(path, tables, lists(tables, ['$', '$.*']))
  else yield* readWhole(path, tables)
}

/** Whether the first line of a CSV file says what the columns are. */
const namesColumns = (head: string, columns: readonly string[] | null) =>
  head
    .split(/[,;\t\r\n]/, 1)[0]
    ?.replaceAll('"', '')
    .toLowerCase() === columns?.[0]?.toLowerCase()

const lists = (tables: readonly string[], below: readonly string[]) =>
  below.flatMap((place) => tables.map((table) => `${place}.${table}.*`))

/** Paths of lists of records, also in a document that is in a query's only row. */
function listsOf(head: string, tables: readonly string[]): string[] {
  const row = /^\[\s*\{\s*"[^"]+"\s*:\s*\{\s*"([^"]+)"\s*:\s*\[/.exec(head)
  return row?.[1] !== undefined && tables.includes(row[1]) ? lists(tables, ['$.*.*']) : ['$.*']
}

async function* readWhole(path: string, tables: readonly string[]): AsyncGenerator<Found> {
  let text = ''
  for await (const piece of readText(path)) text += piece
  let document: unknown
  try {
    document = parseJson(text)
  } catch (error) {
    return yield malformed(error, basename(path))
  }
  yield* expand(document, '', tables)
}

async function* readLines(path: string, tables: readonly string[]): AsyncGenerator<Found> {
  let number = 0
  for await (const text of readTextLines(path)) {
    number += 1
    if (text.trim() === '') continue
    const at = `line ${number}`
    try {
      yield* expand(parseJson(text), at, tables)
    } catch (error) {
      yield malformed(error, at)
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
    for await (const text of readText(path)) {
      tokenizer.write(text)
      read += text.length
      yield* found.splice(0)
    }
    if (!tokenizer.isEnded) tokenizer.end()
    if (!parser.isEnded) parser.end()
    yield* found.splice(0)
  } catch (error) {
    yield* found.splice(0)
    yield malformed(error, `behind character ${read}`)
  }
}
