import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** The files of the driver that `patches/postgres.mjs` mends, in the order of their names. */
const FILES = ['src/connection.js', 'src/index.js', 'src/query.js', 'src/queue.js', 'src/result.js']

/** What they hash to, mended, in the one version that is known: `node patches/apply.mjs --digest`. */
const DIGEST = 'ee45146aa7cfdb9db35357953a9e80fd827334c1b7e632d1d67f2bb23289935c'

/** The database driver is another one than Latchkey was tested with. */
export class DriverError extends Error {
  override name = 'DriverError'
}

/**
 * Refuses to go on with a database driver that is not the mended one: unmended, it can hand one user
 * the answer of another, and end the process when the database restarts.
 *
 * @param folder where the package `postgres` is installed.
 * @throws DriverError that says what to do.
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

/** Its entry for `require` lies in `cjs/src`. */
function installed(): string {
  return join(createRequire(import.meta.url).resolve('postgres'), '../../..')
}
