import { accessSync, constants, readdirSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { AdminError, UsageError } from '../../usage.ts'

const ENDINGS = ['.json', '.ndjson', '.jsonl', '.csv']

const kindOf = (path: string): 'file' | 'folder' | null => {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? null : found.isDirectory() ? 'folder' : 'file'
}

/** Throws for a file that this user may not read, before its content is judged. */
function requireReadable(path: string): void {
  try {
    accessSync(path, constants.R_OK)
  } catch (error) {
    throw new AdminError(`${path} cannot be read: ${(error as Error).message}.`)
  }
}

/** The files that the names mean: a file, all files of a folder, or a list separated by commas. */
export function filesOf(names: readonly string[]): string[] {
  if (names.length === 0) throw new UsageError('users import needs a file.')
  const files = names
    .flatMap((name) => (kindOf(name) === null && name.includes(',') ? name.split(',') : [name]))
    .map((name) => name.trim())
    .flatMap((name) => {
      const kind = kindOf(name)
      if (kind === null) throw new AdminError(`There is no file ${name}.`)
      requireReadable(name)
      if (kind === 'file') return [name]
      return readdirSync(name)
        .filter((one) => ENDINGS.includes(extname(one).toLowerCase()))
        .sort()
        .map((one) => join(name, one))
    })
  if (files.length === 0) throw new AdminError(`None of the files ends in ${ENDINGS.join(', ')}.`)
  for (const file of files) requireReadable(file)
  return files
}
