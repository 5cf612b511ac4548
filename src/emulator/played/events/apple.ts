import { randomUUID } from 'node:crypto'
import type { PlayedEvents } from '../../events/event.ts'
import { appleAddress, appleSubject, hidesAddress } from '../profiles/apple.ts'
import { jsonRequest } from './requests.ts'

/** Apple's server-to-server notifications, which may come twice. */
export const appleEvents: PlayedEvents = {
  kinds: {
    'consent-revoked': 'disconnects',
    'account-delete': 'deletes_account',
    // As the documents have it.
    'account-deleted': 'deletes_account',
    'email-disabled': 'other',
    'email-enabled': 'other',
    unknown: 'other',
  },
  timeoutMs: 5000,
  request: async (stage, { kind, persona, at, proof, client }) => {
    const about = kind.startsWith('email-')
      ? { email: appleAddress(persona), is_private_email: String(hidesAddress(persona)) }
      : {}
    const event = { type: kind, sub: appleSubject(persona), event_time: at * 1000, ...about }
    // JSON in a JWT in JSON.
    const events = JSON.stringify(event)
    const claims = { iss: stage.url, aud: client.id, iat: at, jti: randomUUID(), events }
    return jsonRequest({ payload: await stage.signer.signAs('JWT', claims, proof) })
  },
  accepts: ({ status }) => status === 200,
}
