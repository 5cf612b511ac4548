import { type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { Asker } from '../../../core/events/audit.ts'
import { latchkey } from '../../schema.ts'
import type { Placeholders } from '../../statement.ts'

/** The function that records an event and puts it into the outbox. */
export const recordEvent = sql`${sql.identifier(latchkey.schemaName)}.record_event`

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

/**
 * Records that a sign-in found a user changed at the provider, as a value of the statement that signs in. It bears
 * the request that its session begins with.
 */
export const toldChanged = (
  p: Placeholders<Record<'provider' | 'requestId' | 'address' | 'userAgent', string | null>>,
  userId: SQLWrapper,
): SQL<string> => {
  const asked = sql`set_config('latchkey.asked', jsonb_build_object('request_id', ${p.requestId}::text,
    'address', ${p.address}::text, 'user_agent', ${p.userAgent}::text)::text, true)`
  return sql`${recordEvent}(case when ${asked} is not null then 'user.updated' end, ${userId}, null, null,
    ${p.provider}::text, null, null, null)`
}
