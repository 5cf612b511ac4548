import type { Deed, EventOrder, EventRequest, PlayedEvents } from '../../events/event.ts'
import { stableHex } from '../../personas.ts'
import type { Stage } from '../../stage.ts'
import { googleId } from '../profiles/google.ts'
import { streamOf } from './google-stream.ts'
import { pushedSet } from './requests.ts'

const secevent = 'https://schemas.openid.net/secevent'
const risc = `${secevent}/risc/event-type`

const uris: Record<string, readonly [uri: string, deed: Deed, reason?: string]> = {
  'tokens-revoked': [`${secevent}/oauth/event-type/tokens-revoked`, 'disconnects'],
  'sessions-revoked': [`${risc}/sessions-revoked`, 'signed_out'],
  // As the final Shared Signals documents have it: the subject beside the event.
  'sessions-revoked-by-sub-id': [`${risc}/sessions-revoked`, 'signed_out'],
  'account-disabled': [`${risc}/account-disabled`, 'disabled', 'hijacking'],
  'account-enabled': [`${risc}/account-enabled`, 'enabled'],
  'account-purged': [`${risc}/account-purged`, 'deletes_account'],
  'account-credential-change-required': [`${risc}/account-credential-change-required`, 'other'],
  'token-revoked': [`${secevent}/oauth/event-type/token-revoked`, 'other'],
  verification: [`${risc}/verification`, 'checks_address'],
  unknown: [`${risc}/unknown`, 'other'],
}

/** Google's Cross-Account Protection: SETs of the older form, the subject inside the event. */
export const googleEvents: PlayedEvents = {
  kinds: Object.fromEntries(Object.entries(uris).map(([kind, [, deed]]) => [kind, deed])),
  timeoutMs: 5000,
  target: (stage) => streamOf(stage)?.delivery.url ?? null,
  request: (stage, order) => {
    const [uri = '', , reason] = uris[order.kind] ?? []
    const event = eventOf(stage, order)
    const iss = riscIssuer(stage)
    if (order.kind === 'sessions-revoked-by-sub-id') {
      const sub_id = { format: 'iss_sub', iss, sub: googleId(order.persona) }
      return pushedSet(stage, order, { iss, sub_id }, { [uri]: {} })
    }
    return pushedSet(stage, order, { iss }, { [uri]: reason ? { ...event, reason } : event })
  },
  accepts: ({ status }) => status === 202,
}

/** The event by which a stream is checked: it repeats the `state` that was sent. */
export function verificationOf(
  stage: Stage,
  client: { id: string },
  state: string,
): Promise<EventRequest> {
  const order = { client, at: Math.floor(Date.now() / 1000), proof: 'right' as const }
  const claims = { iss: riscIssuer(stage) }
  return pushedSet(stage, order, claims, { [`${risc}/verification`]: { state } })
}

/** The issuer of events: that of ID tokens with a slash behind it. */
export function riscIssuer({ url }: Stage): string {
  return `${url}/`
}

function eventOf(stage: Stage, { kind, persona }: EventOrder): Record<string, unknown> {
  if (kind === 'verification') return { state: 'checked by hand' }
  if (kind === 'token-revoked') {
    // Names a token by its beginning, and nobody.
    const token = stableHex(16, 'google', 'token', persona.id)
    const named = { token_type: 'refresh_token', token_identifier_alg: 'prefix', token }
    return { subject: { subject_type: 'oauth_token', ...named } }
  }
  const sub = googleId(persona)
  return { subject: { subject_type: 'iss-sub', iss: riscIssuer(stage), sub } }
}
