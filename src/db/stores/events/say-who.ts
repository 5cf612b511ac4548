import { type SQL, sql } from 'drizzle-orm'
import type { Asker } from '../../../core/events/audit.ts'
import type { Placeholders } from '../../statement.ts'

/** Who asks, in the form that the database's functions read; empty where nobody is known. */
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
 * A condition for the first part of a statement that changes something: it tells the triggers who
 * asks, and their events name them.
 */
export const saysWho = (p: Placeholders<{ asked: string }>): SQL =>
  sql`set_config('latchkey.asked', ${p.asked}::text, true) is not null`

/** The request that a session begins with. A sign-in tells no more: its session has the rest. */
export const requestOf = (asker: Asker | null | undefined): string | null =>
  asker?.requestId ?? null
