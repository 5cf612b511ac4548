import { z } from 'zod'
import type { EventReceiver } from '../../core/provider/provider-event.ts'
import { ensure, ensureRecent, hashOf, hmac, isSame, jsonOf, momentOf } from './proofs.ts'
import { twitchEventSub } from './twitch-eventsub.ts'

const Notification = z.looseObject({
  subscription: z.looseObject({ type: z.string(), status: z.string().optional() }),
  event: z.looseObject({ client_id: z.string(), user_id: z.string() }).optional(),
})

const isTime = (text: string) => z.iso.datetime({ offset: true }).safeParse(text).success

/** EventSub by webhook. https://dev.twitch.tv/docs/eventsub/handling-webhook-events */
export const twitchEvents: EventReceiver = {
  addresses: [
    {
      path: '',
      where: {
        en: 'registered by a call of the app (https, port 443)',
        ko: '앱이 호출해서 등록합니다(https, 443 포트)',
      },
      setting: 'EVENTSUB_SECRET',
      command: 'npm run admin -- twitch-eventsub register',
    },
  ],
  registration: twitchEventSub,
  isOn: (_request, { EVENTSUB_SECRET }) => EVENTSUB_SECRET !== '',
  read({ header, body }, { client, values }) {
    const id = header('twitch-eventsub-message-id')
    const timestamp = header('twitch-eventsub-message-timestamp')
    const mac = hmac(values.EVENTSUB_SECRET ?? '', id, timestamp, body).toString('hex')
    const isRight = isSame(header('twitch-eventsub-message-signature'), `sha256=${mac}`)
    ensure(isRight, 'invalid_key', 'Its signature is wrong.')
    // They are signed without anything between: another cut would be another id, and of no known time.
    ensure(isTime(timestamp), 'invalid_request', 'Its time cannot be read.')
    ensureRecent(timestamp, 10)
    const payload = jsonOf(body)
    const none = { events: [], id: null, at: null, answer: { status: 204 } }
    if (typeof payload.challenge === 'string') {
      const answer = { status: 200, type: 'text/plain', body: payload.challenge }
      return { ...none, answer }
    }
    const { subscription, event } = Notification.parse(payload)
    if (subscription.type !== 'user.authorization.revoke' || event === undefined) {
      // Where the subscription itself is over, its status says why.
      const words = [header('twitch-eventsub-message-type'), subscription.type, subscription.status]
      return { ...none, ignored: words.join(' ') }
    }
    ensure(event.client_id === client.id, 'invalid_audience', 'It is about another app.')
    return {
      events: [{ kind: 'consent_withdrawn', subject: event.user_id, told: subscription.type }],
      id: hashOf(id),
      at: momentOf(timestamp),
      answer: { status: 204 },
    }
  },
}
