import { createHmac, randomUUID } from 'node:crypto'
import type { EventAnswer, EventOrder, EventRequest, PlayedEvents } from '../../events/event.ts'
import { stableHex } from '../../personas.ts'
import type { Stage } from '../../stage.ts'
import { twitchId, twitchLogin } from '../profiles/twitch.ts'
import { isSuccess, jsonRequest } from './requests.ts'
import { type Subscription, shown, subscriptionOf } from './twitch-eventsub.ts'

/** What messages are signed with while no subscription has given another secret. */
export const twitchEventSubSecret = stableHex(32, 'twitch', 'eventsub')

const type = 'user.authorization.revoke'

/** Twitch's EventSub by webhook. */
export const twitchEvents: PlayedEvents = {
  kinds: {
    revoke: 'disconnects',
    'revoke-deleted-account': 'disconnects',
    verification: 'checks_address',
    revocation: 'other',
    unknown: 'other',
  },
  timeoutMs: 5000,
  target: (stage) => subscriptionOf(stage)?.transport.callback ?? null,
  request: (stage, order) => message(stage, order, subscriptionOf(stage)),
  accepts: (answer, { headers, body }) =>
    headers['twitch-eventsub-message-type'] === 'webhook_callback_verification'
      ? echoesChallenge(answer, body)
      : isSuccess(answer),
}

/** The message that a new subscription is confirmed by. */
export function challengeMessage(subscription: Subscription): EventRequest {
  const at = Math.floor(Date.now() / 1000)
  const body = { challenge: randomUUID(), subscription: shown(subscription) }
  const { secret } = subscription.transport
  return jsonRequest(body, signedBy(secret, at, 'webhook_callback_verification'))
}

/** True where the answer is the challenge itself, bare. */
function echoesChallenge({ status, body }: EventAnswer, sent: string): boolean {
  return status === 200 && body === (JSON.parse(sent) as { challenge: string }).challenge
}

function message(stage: Stage, order: EventOrder, registered: Subscription | null) {
  const { kind, persona, at, client } = order
  const subscription: Subscription = registered ?? {
    id: randomUUID(),
    status: 'enabled',
    type,
    version: '1',
    cost: 1,
    condition: { client_id: client.id },
    transport: { method: 'webhook', callback: stage.eventsUri(), secret: twitchEventSubSecret },
    created_at: new Date(at * 1000).toISOString(),
  }
  const { secret } = subscription.transport
  const sign = (messageType: string) =>
    signedBy(order.proof === 'right' ? secret : `${secret}x`, at, messageType)
  if (kind === 'verification') {
    const body = { challenge: randomUUID(), subscription: shown(subscription) }
    return jsonRequest(body, sign('webhook_callback_verification'))
  }
  if (kind === 'revocation') {
    const revoked = { ...shown(subscription), status: 'notification_failures_exceeded' }
    return jsonRequest({ subscription: revoked }, sign('revocation'))
  }
  // Of an account that is gone the names are.
  const gone = kind === 'revoke-deleted-account'
  const event = {
    client_id: client.id,
    user_id: twitchId(persona),
    user_login: gone ? null : twitchLogin(persona),
    user_name: gone ? null : persona.name,
  }
  const told = kind === 'unknown' ? 'user.update' : type
  const { condition } = shown({ ...subscription, condition: { client_id: client.id } })
  const body = { subscription: { ...shown(subscription), type: told, condition }, event }
  return jsonRequest(body, sign('notification'))
}

/** Signed: id, timestamp with nanoseconds, and the body. */
function signedBy(secret: string, at: number, messageType: string) {
  return (text: string): Record<string, string> => {
    const id = randomUUID()
    const timestamp = new Date(at * 1000).toISOString().replace(/\.(\d+)Z/, '.$1456789Z')
    const mac = createHmac('sha256', secret)
      .update(id + timestamp + text)
      .digest('hex')
    return {
      'twitch-eventsub-message-id': id,
      'twitch-eventsub-message-retry': '0',
      'twitch-eventsub-message-timestamp': timestamp,
      'twitch-eventsub-message-signature': `sha256=${mac}`,
      'twitch-eventsub-message-type': messageType,
      'twitch-eventsub-subscription-type': type,
      'twitch-eventsub-subscription-version': '1',
    }
  }
}
