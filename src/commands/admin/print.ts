/**
 * The output of a command: rows of a table, with how to see more if they are `cut`; one object;
 * pieces of text; or a line.
 */
export type Shown =
  | { rows: readonly Readonly<Record<string, unknown>>[]; cut?: string | undefined }
  | { one: Readonly<Record<string, unknown>> }
  | { pieces: AsyncIterable<string> }
  | { line: string; one?: Readonly<Record<string, unknown>> }

/** Prints for a person, or as JSON for a program. */
export async function print(shown: Shown, asJson: boolean): Promise<void> {
  const write = (text: string) => process.stdout.write(text)
  if ('pieces' in shown) {
    let last = ''
    for await (const piece of shown.pieces) {
      write(piece)
      last = piece === '' ? last : piece
    }
    if (!last.endsWith('\n')) write('\n')
  } else if (asJson) {
    const value = 'rows' in shown ? shown.rows : (shown.one ?? { done: true })
    write(`${JSON.stringify(value, null, 2)}\n`)
  } else if ('line' in shown) {
    write(`${shown.line}\n`)
  } else if ('rows' in shown) {
    write(table(shown.rows, process.stdout.isTTY ? process.stdout.columns : undefined))
  } else {
    const width = Math.max(...Object.keys(shown.one).map((name) => name.length))
    for (const [name, value] of Object.entries(shown.one)) {
      const lines = linesOf(value).map((line) => ' '.repeat(width + 2) + line)
      write(`${name.padEnd(width)}${lines.join('\n').slice(width)}\n`)
    }
  }
  // Only below a thousand rows, where somebody reads it.
  if ('rows' in shown && shown.cut !== undefined) process.stderr.write(`${shown.cut}\n`)
}

/** A value beside its name; a list of objects has one line each. */
function linesOf(value: unknown): string[] {
  if (!Array.isArray(value)) return [cell(value)]
  const isObject = (one: unknown) => typeof one === 'object' && one !== null
  if (!value.some(isObject)) return [cell(value.join(' ') || null)]
  return value.map((one: object) => pairs(Object.entries(one)))
}

/**
 * Prints a table. If the terminal is too narrow, empty columns are left out; if it still is, each
 * row is printed as lines of name and value, since a wrapped table is unreadable.
 */
function table(rows: readonly Readonly<Record<string, unknown>>[], columns?: number): string {
  const [first] = rows
  if (first === undefined) return 'None.\n'
  const names = Object.keys(first)
  const whole = tableOf(names, rows)
  if (columns === undefined || whole.width <= columns) return whole.text
  const isKnown = (value: unknown) => value !== null && value !== undefined
  const known = tableOf(
    names.filter((name) => rows.some((row) => isKnown(row[name]))),
    rows,
  )
  if (known.width <= columns) return known.text
  const lines = rows.map((row) => pairs(Object.entries(row).filter(([, value]) => isKnown(value))))
  return lines.map((line) => `${line}\n`).join('')
}

const pairs = (entries: readonly (readonly [string, unknown])[]): string =>
  entries.map(([name, value]) => `${name}=${cell(value)}`).join('  ')

function tableOf(names: readonly string[], rows: readonly Readonly<Record<string, unknown>>[]) {
  const lines = [names, ...rows.map((row) => names.map((name) => cell(row[name])))]
  const widths = names.map((_, place) =>
    lines.reduce((most, line) => Math.max(most, columnsOf(line[place] ?? '')), 0),
  )
  const text = lines
    .map((line) =>
      line
        .map((text, place) => text + ' '.repeat((widths[place] ?? 0) - columnsOf(text)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
  return { text, width: widths.reduce((sum, one) => sum + one + 2, -2) }
}

/** Characters that take two columns of a terminal: Hangul, Kana, Han, full-width forms, emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u

/** How many columns of a terminal a text takes; combining characters take none. */
const columnsOf = (text: string): number =>
  [...text].reduce((sum, one) => sum + (/\p{M}/u.test(one) ? 0 : WIDE.test(one) ? 2 : 1), 0)

const cell = (value: unknown): string =>
  visible(
    value === null || value === undefined
      ? '-'
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value),
  )

/** Shows control characters as codes: they could write elsewhere on the terminal. */
export const visible = (text: string): string =>
  text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (one) => `\\u${(one.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
