import { createHmac } from 'node:crypto'
import type { EventAnswer, EventOrder, PlayedEvents } from '../../events/event.ts'
import { facebookId } from '../facebook-graph.ts'
import { formRequest } from './requests.ts'

/** Facebook's two callbacks: the app was removed, and its data is to be deleted. */
export const facebookEvents: PlayedEvents = {
  kinds: { deauthorize: 'disconnects', 'data-deletion': 'wants_data_deleted' },
  timeoutMs: 10_000,
  request: (_stage, order) => {
    const request = formRequest({ signed_request: signedRequest(order) })
    return order.kind === 'data-deletion' ? { ...request, path: '/data-deletion' } : request
  },
  accepts: (answer, { path }) =>
    path === '/data-deletion' ? isConfirmation(answer) : answer.status === 200,
}

/** The signature stands first, over the second part as it is sent; it has no expiry. */
function signedRequest({ client, persona, at, proof }: EventOrder): string {
  const data = { user_id: facebookId(persona), algorithm: 'HMAC-SHA256', issued_at: at }
  const payload = Buffer.from(JSON.stringify(data)).toString('base64url')
  const secret = proof === 'right' ? client.secret : `${client.secret}x`
  return `${createHmac('sha256', secret).update(payload).digest('base64url')}.${payload}`
}

/** A page that tells how the deletion goes, and a code to ask there. */
function isConfirmation({ status, body }: EventAnswer): boolean {
  try {
    const { url, confirmation_code } = JSON.parse(body) as Record<string, unknown>
    return status === 200 && URL.canParse(String(url)) && typeof confirmation_code === 'string'
  } catch {
    return false
  }
}
