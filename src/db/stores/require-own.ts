import type { Database } from '../client.ts'
import { unavailable } from '../connection/failures.ts'

/**
 * Throws where a row is of another user, session or token than the one that was asked for: whatever went
 * wrong on the way, nobody is told, or signed, what is another's. The connections that there are may have
 * mixed up other answers, too, and are not used again; then the same may be asked again.
 */
export const requireOwn = (
  database: Pick<Database, 'distrust'>,
  found: string,
  asked: string,
): void => requireSame(database, found, asked.toLowerCase())

/** Throws as `requireOwn` does, where capitals count, or bytes: of a mark, a subject, a hash. */
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
