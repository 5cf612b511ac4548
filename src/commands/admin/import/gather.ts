import { basename, extname } from 'node:path'
import type { Left, Piece } from './assemble.ts'
import { type Loose, list, loosen } from './fields.ts'
import type { Found } from './read/expand.ts'
import { readRecords } from './read/records.ts'
import type { Source } from './source.ts'
import type { Spool } from './spool.ts'

/** A part of a person, with the person's id in the other system; null where there is none. */
export type Spooled = Piece & { oldId: string | null }

/**
 * Reads files into the spool; gives what could not be read, and records that are neither a person
 * nor an account.
 */
export async function* gather(
  files: readonly string[],
  source: Source,
  spool: Spool<Spooled>,
): AsyncGenerator<Left> {
  // Prisma calls its tables `User` and `Account`.
  const tables = [...source.people, ...source.accounts].flatMap((name) => [
    name,
    name.slice(0, 1).toUpperCase() + name.slice(1),
  ])
  let nameless = 0
  for (const file of files) {
    const stem = basename(file, extname(file))
    const ofFile = tables.includes(stem) ? stem : null
    for await (const found of readRecords(file, tables, source.columns ?? null)) {
      const at = files.length === 1 ? found.at : `${basename(file)} ${found.at}`
      const record = loosen(found.value)
      const pieces =
        record === null
          ? null
          : piecesOf(source, record, {
              ...found,
              at,
              table: (found.table ?? ofFile)?.toLowerCase() ?? null,
            })
      if (pieces === null) {
        yield { at, id: null, provider: null, subject: null, reason: found.problem ?? 'malformed' }
        continue
      }
      nameless += 1
      for (const piece of pieces) {
        spool.add(piece.oldId === null ? `\u0000${nameless}` : piece.oldId, piece)
      }
    }
  }
}

/**
 * The parts in a record: an account, or a person with accounts inside. Null where it is neither.
 */
function piecesOf(source: Source, record: Loose, { at, table }: Found): Spooled[] | null {
  if (isAccount(source, record, table)) {
    const { userId, ...account } = source.account(record)
    if (userId === null) return null
    return [{ kind: 'account', at, oldId: userId, ...account }]
  }
  const { id, ...person } = source.person(record)
  const nested = [...list(record, source.nested), ...(source.accountsIn?.(record) ?? [])]
  if (id === null && nested.length === 0) return null
  const accounts = nested.map((one, place): Spooled => {
    const { userId: _, ...account } = source.account(loosen(one) ?? new Map())
    return { kind: 'account', at: `${at} #${place + 1}`, oldId: id, ...account }
  })
  return [{ kind: 'person', at, oldId: id, ...person }, ...accounts]
}

function isAccount({ people, accounts }: Source, record: Loose, table: string | null): boolean {
  if (accounts.length === 0) return false
  const hasShape = record.has('userid') && (record.has('provider') || record.has('providerid'))
  if (table === null || people.includes(table) === accounts.includes(table)) return hasShape
  return accounts.includes(table)
}
