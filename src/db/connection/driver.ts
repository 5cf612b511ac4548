import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** The driver's files that `patches/postgres.mjs` changes, sorted by name. */
const FILES = ['src/connection.js', 'src/index.js', 'src/query.js', 'src/queue.js', 'src/result.js']

/**
 * The hash of these files after the patch, for the one version that it is for: `node
 * patches/apply.mjs --digest`.
 */
const DIGEST = 'ee45146aa7cfdb9db35357953a9e80fd827334c1b7e632d1d67f2bb23289935c'

/** The database driver is not the one that Latchkey was tested with. */
export class DriverError extends Error {
  override name = 'DriverError'
}

/**
 * Refuses to go on with a database driver without the patch: without it, the driver can give one
 * user the answer for another, and can end the process when the database restarts.
 *
 * @param folder where the package `postgres` is installed.
 * @throws DriverError which says what to do.
 */
export function requireMendedDriver(folder = installed()): void {
  const digest = createHash('sha256')
  for (const file of FILES) digest.update(readFileSync(join(folder, file)))
  if (digest.digest('hex') === DIGEST) return
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  throw new DriverError(
    `The database driver in ${folder} (postgres ${version}) is not the one that Latchkey mends. ` +
      'Run `node patches/apply.mjs` in the folder of Latchkey, or `npm ci`; a container build ' +
      'without install scripts runs it after `npm ci`.',
  )
}

/** The package's entry for `require` is in `cjs/src`. */
function installed(): string {
  return join(createRequire(import.meta.url).resolve('postgres'), '../../..')
}
