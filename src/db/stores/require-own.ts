import type { Database } from '../client.ts'
import { unavailable } from '../connection/failures.ts'

/**
 * Throws where a row belongs to another user, session or token than the one that was asked for.
 * Whatever went wrong before, nobody is shown or given what is another person's. Other connections
 * may have mixed up answers, too, so none is used again; the request can then be repeated.
 */
export const requireOwn = (
  database: Pick<Database, 'distrust'>,
  found: string,
  asked: string,
): void => requireSame(database, found, asked.toLowerCase())

/** As `requireOwn`, but exact: for marks, subjects and hashes, where case or bytes matter. */
export function requireSame<Key extends string | Buffer>(
  database: Pick<Database, 'distrust'>,
  found: Key,
  asked: Key,
): void {
  const isSame = typeof found === 'string' ? found === asked : found.equals(asked as Buffer)
  if (isSame) return
  database.distrust()
  throw unavailable('The database gave the answer to another question.', { reason: 'mixed_up' })
}
