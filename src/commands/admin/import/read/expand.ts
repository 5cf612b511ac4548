import { isObject, parseJson } from '../../../../core/json.ts'
import { NotText } from './read-text.ts'

/** One record of an export, or what could not be read in its place. */
export interface Found {
  /** A line of a file, or a place in one of its tables. */
  at: string
  /** The table that it belongs to, if the file names it. */
  table: string | null
  value: unknown
  /** Why it cannot be read; the value is then undefined. */
  problem?: 'malformed' | 'not_text'
}

/** What a reader failed at; a file that is not text is another problem than a malformed one. */
export function malformed(error: unknown, at: string): Found {
  if (error instanceof NotText) throw error
  return { at, table: null, value: undefined, problem: 'malformed' }
}

/** An object with one of these is a person, and not a document with lists of people. */
const ID_NAMES = ['id', '_id', 'sub', 'localId']

/** The records in a value: those of the lists in it, or the value itself. */
export function* expand(value: unknown, at: string, tables: readonly string[]): Generator<Found> {
  const entries = isObject(value) ? Object.entries(value) : null
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

/** A document that is the only member of a row, as an object or as text. */
function documentIn(value: unknown): unknown {
  if (isObject(value)) return value
  if (typeof value !== 'string' || !value.trimStart().startsWith('{')) return null
  try {
    return parseJson(value)
  } catch {
    return null
  }
}
