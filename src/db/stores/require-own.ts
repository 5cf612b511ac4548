import type { Database } from '../client.ts'
import { unavailable } from '../failures.ts'

/**
 * Throws where a row is of another user, session or token than the one that was asked for: whatever went
 * wrong on the way, nobody is told, or signed, what is another's. The connections that there are may have
 * mixed up other answers, too, and are not used again; then the same may be asked again.
 */
export function requireOwn(
  database: Pick<Database, 'distrust'>,
  found: string,
  asked: string,
): void {
  if (found === asked.toLowerCase()) return
  database.distrust()
  throw unavailable('The database gave the answer to another question.', { reason: 'mixed_up' })
}
