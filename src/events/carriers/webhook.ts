import { createHmac } from 'node:crypto'
import { defined } from '../../core/defined.ts'
import type { Due } from '../../core/events/outbox.ts'
import type { WebhookTarget } from '../../core/events/webhook.ts'
import type { Delivery } from '../../upstream/outbound/delivery.ts'
import { type Carrier, Refused, TargetGone, Undeliverable } from './carrier.ts'

/** The body of an event: ids only, no e-mail or IP addresses. */
function webhookBody({ event }: Pick<Due, 'event'>): string {
  if (event === null) throw new Undeliverable('the audit has it no more')
  const { type, at, userId, sessionId, clientId, provider, reason } = event
  const data = defined({
    user_id: userId ?? undefined,
    session_id: sessionId ?? undefined,
    client_id: clientId ?? undefined,
    provider: provider ?? undefined,
    reason: reason ?? undefined,
  })
  return JSON.stringify({ type, timestamp: at, data })
}

/**
 * The headers of the Standard Webhooks specification: one signature per key, over id, time and
 * body.
 */
function webhookHeaders(
  id: string,
  body: string,
  keys: readonly Buffer[],
  seconds = Math.floor(Date.now() / 1000),
): Record<string, string> {
  const sign = (key: Buffer) =>
    `v1,${createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64')}`
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': keys.map(sign).join(' '),
  }
}

/** Posts events as the Standard Webhooks specification says, signed anew for each attempt. */
export function webhookCarrier(options: {
  /** Null where WEBHOOK_URL is not set (any more). */
  target: WebhookTarget | null
  delivery: Delivery
}): Carrier {
  const { target, delivery } = options
  return {
    givesUpAfterSeconds: 3 * 86_400,
    knows: () => target !== null,
    names: { done: 'webhook_sent', failed: 'webhook_failed', givenUp: 'webhook_given_up' },
    async carry(due, stop) {
      if (target === null) throw new Undeliverable('there is no WEBHOOK_URL')
      const body = webhookBody(due)
      const headers = webhookHeaders(due.event?.id ?? '', body, target.keys)
      const answer = await delivery.post(
        target.url,
        { type: 'application/json', body, headers },
        stop,
      )
      if (answer.status === 410) throw new TargetGone(target.url)
      if (answer.status > 299) throw new Refused(answer)
      return 'done'
    },
  }
}
