import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { LatchkeyError } from '../../core/errors.ts'
import type { WebhookTarget } from '../../core/events/webhook.ts'
import { requireThisPage } from './this-page.ts'

/**
 * Where the playground gets webhooks, as an app's server does; nothing is sent until somebody
 * listens.
 */
export interface WebhookReceiver {
  target: WebhookTarget
  /** Has events sent from now on. */
  listen(): Promise<void>
}

/** Below Latchkey's own address. */
export const RECEIVER_PATH = '/playground/webhooks'

const MOST_KEPT = 20
const TOLERANCE_SECONDS = 300

/** A webhook with a valid signature; `number` grows by one with each. */
interface Received {
  number: number
  headers: Record<string, string>
  body: unknown
}

/** The playground's own receiver: it verifies webhooks, and gives the last ones to the page. */
export function receiverRoutes(
  app: FastifyInstance,
  publicUrl: string,
  { target, listen }: WebhookReceiver,
): void {
  let received: readonly Received[] = []
  let isListening = false
  let count = 0
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))

  app.post<{ Body: unknown }>(RECEIVER_PATH, async (request, reply) => {
    const headers = Object.fromEntries(
      ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [
        name,
        String(request.headers[name] ?? ''),
      ]),
    )
    const body = String(request.body ?? '')
    if (!isGenuine(headers, body, target.keys)) {
      throw new LatchkeyError('invalid_request', 'The signature of this webhook is not right.')
    }
    count += 1
    received = [{ number: count, headers, body: JSON.parse(body) }, ...received].slice(0, MOST_KEPT)
    return reply.code(204).send()
  })
  app.post('/playground/listen', async (request, reply) => {
    requireThisPage(request, publicUrl)
    await listen()
    isListening = true
    return reply.code(204).send()
  })
  app.get(RECEIVER_PATH, (request) => {
    requireThisPage(request, publicUrl)
    return { listening: isListening, received }
  })
}

/** Standard Webhooks: a fresh timestamp, and at least one signature by one of our keys. */
function isGenuine(
  headers: Record<string, string>,
  body: string,
  keys: readonly Buffer[],
): boolean {
  const seconds = Number(headers['webhook-timestamp'])
  if (!(Math.abs(Date.now() / 1000 - seconds) <= TOLERANCE_SECONDS)) return false
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const shown = (headers['webhook-signature'] ?? '').split(' ').map((one) => Buffer.from(one))
  return keys.some((key) => {
    const right = Buffer.from(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`)
    return shown.some((one) => one.length === right.length && timingSafeEqual(one, right))
  })
}
