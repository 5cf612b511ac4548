import { z } from 'zod'
import type { EventReceiver, ProviderEvent } from '../../core/provider/provider-event.ts'
import { ensure, ensureRecent, hashOf, hmac, isSame, jsonOf, momentOf } from './proofs.ts'

const Callback = z.looseObject({
  // An organisation of several workspaces (Enterprise Grid) may leave it out.
  team_id: z.string().nullish(),
  event_id: z.string(),
  event_time: z.number().optional(),
  event: z.looseObject({
    type: z.string(),
    tokens: z.looseObject({ oauth: z.array(z.string()).optional() }).optional(),
  }),
})

/** User ids are unique in their workspace only. */
function eventsOf({ team_id: team, event }: z.infer<typeof Callback>): ProviderEvent[] {
  // Whose it is, is not known then: a user id of one workspace may be somebody else's in another.
  if (!team) return []
  const told = { kind: 'consent_withdrawn', told: event.type } as const
  if (event.type === 'app_uninstalled') return [{ ...told, subject: { prefix: `${team}_` } }]
  if (event.type !== 'tokens_revoked') return []
  // Named after tokens, and lists people.
  return (event.tokens?.oauth ?? []).map((user) => ({ ...told, subject: `${team}_${user}` }))
}

/** The Events API. https://docs.slack.dev/authentication/verifying-requests-from-slack */
export const slackEvents: EventReceiver = {
  addresses: [
    {
      path: '',
      where: {
        en: 'Event Subscriptions > Request URL, with tokens_revoked and app_uninstalled',
        ko: 'Event Subscriptions > Request URL, tokens_revoked와 app_uninstalled 선택',
      },
      setting: 'SIGNING_SECRET',
    },
  ],
  isOn: (_request, { SIGNING_SECRET }) => SIGNING_SECRET !== '',
  read({ header, body }, { values }) {
    const timestamp = header('x-slack-request-timestamp')
    const mac = hmac(values.SIGNING_SECRET ?? '', `v0:${timestamp}:`, body).toString('hex')
    const isRight = isSame(header('x-slack-signature'), `v0=${mac}`)
    ensure(isRight, 'invalid_key', 'Its signature is wrong.')
    ensureRecent(timestamp, 5)
    const payload = jsonOf(body)
    if (payload.type === 'url_verification') {
      const answer = { status: 200, type: 'text/plain', body: String(payload.challenge) }
      return { events: [], id: null, at: null, answer }
    }
    const read = Callback.parse(payload)
    return {
      events: eventsOf(read),
      ignored: read.event.type,
      id: hashOf(read.event_id),
      at: momentOf(read.event_time ?? timestamp),
      answer: { status: 200 },
    }
  },
}
