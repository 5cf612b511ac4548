import { type SQL, sql } from 'drizzle-orm'
import type { Asker } from '../../../core/events/audit.ts'
import type { Placeholders } from '../../statement.ts'

/** Who asks, as the functions of the database read it; empty for nobody who is known. */
export function askedBy(asker: Asker | null | undefined): string {
  if (!asker) return ''
  const { requestId, address, userAgent, clientId, reason } = asker
  return JSON.stringify({
    request_id: requestId,
    address,
    user_agent: userAgent,
    client_id: clientId,
    reason,
  })
}

/**
 * A condition of the first part of a statement that changes something, by which it says who asks for it:
 * what is recorded of it bears that.
 */
export const saysWho = (p: Placeholders<{ asked: string }>): SQL =>
  sql`set_config('latchkey.asked', ${p.asked}::text, true) is not null`

/** The request that a session begins with: a sign-in says no more, its session bears the rest. */
export const requestOf = (asker: Asker | null | undefined): string | null =>
  asker?.requestId ?? null
