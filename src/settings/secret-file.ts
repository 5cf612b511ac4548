import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomToken } from '../core/secrets.ts'

/** A secret of fewer characters is no secret; the one that is made has 43. */
const SHORTEST = 32

/** The secret in the data folder is not the one that was made there. */
export class SecretFileError extends Error {
  override name = 'SecretFileError'
}

/**
 * The secret kept in the data folder; made there, readable by its owner only, at the first start.
 *
 * @throws SecretFileError where the file is empty or short: what it had sealed cannot be opened any more.
 */
export function readOrMakeSecret(dataDir: string): string {
  const path = join(dataDir, 'secret')
  mkdirSync(dataDir, { recursive: true })
  try {
    // `wx`: of two first starts at once only one writes.
    writeFileSync(path, `${randomToken()}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error
  }
  const secret = readFileSync(path, 'utf8').trim()
  if (secret.length >= SHORTEST) return secret
  throw new SecretFileError(
    `The secret in ${path} is ${secret === '' ? 'empty' : 'too short'}: put the one from a backup there, or delete the file and everybody signs in anew, or set SECRET.`,
  )
}
