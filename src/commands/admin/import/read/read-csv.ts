import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { expand, type Found, malformed } from './expand.ts'
import { readText } from './read-text.ts'

/** Longer records are none. */
const RECORD_BYTES = 64 * 1024 * 1024

/** How databases write a cell that has nothing in it, outside quotes. */
const NOTHING = ['NULL', 'null', '\\N']
const IN_QUOTES = /"(NULL|null|\\N)"/

/** What stands between the cells of the first line: a comma, or what spreadsheets of other countries write. */
export function delimiterOf(head: string): string {
  const [line = ''] = head.split('\n', 1)
  return [',', ';', '\t'].find((one) => line.includes(one)) ?? ','
}

/** The records of a table in text. */
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
  /** To be told of each cell whether it stood in quotes takes six times as long: few records need it. */
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
    // Behind the header; a record may go over several lines, and is found where it begins.
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
