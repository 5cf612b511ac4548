import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { expand, type Found, malformed } from './expand.ts'
import { readText } from './read-text.ts'

/** Anything longer is not a record. */
const RECORD_BYTES = 64 * 1024 * 1024

/** How databases write an empty cell, without quotes. */
const NOTHING = ['NULL', 'null', '\\N']
const IN_QUOTES = /"(NULL|null|\\N)"/

/** The delimiter of the first line: a comma, or what spreadsheets write in other countries. */
export function delimiterOf(head: string): string {
  const [line = ''] = head.split('\n', 1)
  return [',', ';', '\t'].find((one) => line.includes(one)) ?? ','
}

/** The records of a table in CSV. */
export async function* readCsv(
  path: string,
  tables: readonly string[],
  { columns, delimiter }: { columns: readonly string[] | null; delimiter: string },
): AsyncGenerator<Found> {
  const { parse } = await import('csv-parse')
  const { parse: parseAgain } = await import('csv-parse/sync')
  let names = [...(columns ?? [])]
  const parser = parse({
    delimiter,
    columns: columns === null ? (header: string[]) => (names = header) : names,
    relax_column_count: columns !== null,
    info: true,
    raw: true,
    max_record_size: RECORD_BYTES,
    skip_empty_lines: true,
    skip_records_with_error: true,
  })
  /**
   * Finding out whether each cell was in quotes takes six times as long, and few records need it.
   */
  const emptied = (cells: Record<string, unknown>, raw: string): unknown => {
    if (IN_QUOTES.test(raw)) {
      const again = parseAgain(raw, {
        delimiter,
        cast: (cell, { quoting }) => (!quoting && NOTHING.includes(cell) ? null : cell),
        columns: names,
        relax_column_count: true,
        skip_empty_lines: true,
      })
      return again[0]
    }
    for (const name in cells) if (NOTHING.includes(cells[name] as string)) cells[name] = null
    return cells
  }
  const broken: Found[] = []
  parser.on('skip', (error: Error & { lines?: number }) => {
    broken.push(malformed(error, `line ${error.lines}`))
  })
  const input = Readable.from(readText(path))
  input.on('error', (error) => parser.destroy(error))
  input.pipe(parser)
  try {
    // After the header; a record may have several lines, and is reported by its first one.
    let line = columns === null ? 2 : 1
    for await (const { record, raw, info } of parser) {
      yield* broken.splice(0)
      yield* expand(emptied(record, raw), `line ${line}`, tables)
      line = info.lines + 1
    }
  } catch (error) {
    yield* broken.splice(0)
    yield malformed(error, basename(path))
  }
  yield* broken
}
