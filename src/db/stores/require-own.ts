import { unavailable } from '../failures.ts'

/**
 * Throws where a row is of another user or session than the one that was asked for: whatever went wrong
 * on the way, nobody is told, or signed, what is another's. The same may be asked again.
 */
export function requireOwn(found: string, asked: string): void {
  if (found === asked.toLowerCase()) return
  throw unavailable('The database gave the answer to another question.', { reason: 'mixed_up' })
}
