import { type SQL, sql } from 'drizzle-orm'
import type { Asker } from '../../../core/events/audit.ts'
import type { Placeholders } from '../../statement.ts'

/**
 * Who asks, as the functions of the database read it; empty for nobody who is known. The request's id comes first,
 * is empty where there is none, and has no quotes in it: what records a login takes it from there, without reading the
 * whole.
 */
export function askedBy(asker: Asker | null | undefined): string {
  if (!asker) return ''
  const { requestId, address, userAgent, clientId, reason } = asker
  return JSON.stringify({
    request_id: requestId ?? '',
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

/**
 * Of a sign-in that it makes its user, and why, where that user is inserted: the trigger on the session then records
 * all three at once. Holds until the transaction's end, so such a sign-in is the last of it.
 */
export const saysMade = (p: Placeholders<{ reason: string }>): SQL =>
  sql`set_config('latchkey.made', ${p.reason}::text, true) is not null`
