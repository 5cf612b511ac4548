import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { randomToken } from '../core/secrets.ts'
import { FileError, type FileProblem } from '../core/settings/file-problem.ts'

/** The shortest secret that is accepted, in characters; the one that we make has 43. */
const SHORTEST = 32

/**
 * The secret kept in the data folder; made there, readable by its owner only, at the first start.
 *
 * @throws FileError where the file is empty or short: what it had sealed cannot be opened any more.
 */
export function readOrMakeSecret(dataDir: string): string {
  const path = join(dataDir, 'secret')
  mkdirSync(dataDir, { recursive: true })
  if (!existsSync(path)) make(path)
  return readSecret(path)
}

/**
 * Makes the file whole or not at all, also on disk: if this start is interrupted, the next one
 * makes another.
 */
function make(path: string): void {
  const fresh = `${path}.new-${randomToken().slice(0, 8)}`
  try {
    writeFileSync(fresh, `${randomToken()}\n`, { mode: 0o600, flush: true })
    try {
      // Of two first starts at the same time only one can link the name.
      linkSync(fresh, path)
    } catch (error) {
      // A file system without links.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') renameSync(fresh, path)
    }
  } finally {
    rmSync(fresh, { force: true })
  }
}

/** Why the secret kept in the data folder cannot be used; null where it can, or is not made yet. */
export function whyNoSecret(dataDir: string): FileProblem | null {
  const path = join(dataDir, 'secret')
  try {
    readSecret(path)
    return null
  } catch (error) {
    if (error instanceof FileError) return error.problem
    const { code, message: why } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? null : { reason: 'secret_unread', path, why }
  }
}

function readSecret(path: string): string {
  const secret = readFileSync(path, 'utf8').trim()
  if (secret.length >= SHORTEST) return secret
  throw new FileError({ reason: secret === '' ? 'secret_empty' : 'secret_short', path })
}
