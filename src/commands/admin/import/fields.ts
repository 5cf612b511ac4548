import { isObject, parseJson } from '../../../core/json.ts'

/**
 * A record of an export. Its columns are found whatever their spelling: `userId`, `user_id`,
 * `userid`.
 */
export type Loose = ReadonlyMap<string, unknown>

const plain = (name: string) => name.replaceAll('_', '').toLowerCase()

/** A document database writes dates and ids as objects with one member. */
function unwrapped(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const { $date, $oid, $numberLong } = value as Record<string, unknown>
  return unwrapped($date ?? $oid ?? $numberLong) ?? value
}

/** The members of a record, or of a text that is JSON; null where it has none. */
export function loosen(value: unknown): Loose | null {
  const given = object(value)
  return given && new Map(Object.entries(given).map(([name, one]) => [plain(name), unwrapped(one)]))
}

/**
 * An object, given as one or as JSON text, with its members' names unchanged; null for anything
 * else.
 */
export function object(value: unknown): Readonly<Record<string, unknown>> | null {
  const given = typeof value === 'string' && value.trimStart().startsWith('{') ? read(value) : value
  return isObject(given) ? given : null
}

/** The members of a member; none where it has none. */
export const inner = (record: Loose, name: string): Loose =>
  loosen(record.get(name)) ?? new Map<string, unknown>()

/** A member that is a list, or the JSON text of one. */
export function list(record: Loose, name: string): unknown[] {
  const given = record.get(name)
  const value = typeof given === 'string' ? read(given) : given
  return Array.isArray(value) ? value : []
}

function read(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** The first of these members that is a text, or a number that was not rounded. */
export function text(record: Loose, ...names: string[]): string | null {
  for (const name of names) {
    const value = record.get(name)
    if (typeof value === 'string' && value !== '') return value
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
  }
  return null
}

/** Whether a value means true, in the ways that databases and spreadsheets write it. */
export const flag = (record: Loose, name: string): boolean =>
  [true, 1, 'true', 't', '1', 'TRUE', 'True'].includes(record.get(name) as never)

const EARLIEST = Date.UTC(1990)

/** The first of these members that is a possible time in the past, as ISO 8601. */
export function moment(record: Loose, ...names: string[]): string | null {
  for (const name of names) {
    const ms = milliseconds(record.get(name))
    if (ms >= EARLIEST && ms <= Date.now()) return new Date(ms).toISOString()
  }
  return null
}

/** Whether something with an end is still valid: its end is in the future, or cannot be read. */
export function isToCome(value: unknown): boolean {
  const ms = milliseconds(value)
  return Number.isNaN(ms) || ms > Date.now()
}

/**
 * Milliseconds since 1970 of `2026-01-31 10:00:00+00` (PostgreSQL), seconds, milliseconds, or an
 * HTTP date; NaN for anything else.
 */
function milliseconds(value: unknown): number {
  if (typeof value === 'number' || (typeof value === 'string' && /^\d{9,14}$/.test(value))) {
    const number = Number(value)
    return number < 100_000_000_000 ? number * 1000 : number
  }
  if (typeof value !== 'string') return Number.NaN
  const iso = value.replace(/^(\S+) (?=\d\d:)/, '$1T').replace(/([+-]\d\d)$/, '$1:00')
  return Date.parse(/^\d{4}-\d\d-\d\dT[\d:.]+$/.test(iso) ? `${iso}Z` : iso)
}
