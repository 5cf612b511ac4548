import { z } from 'zod'
import type { EventRegistration, RegistrationTools } from '../../core/provider/provider-event.ts'
import { refused } from './refused.ts'

/** The one kind of event that is subscribed to. */
const TYPE = 'user.authorization.revoke'

const AppToken = z.object({ access_token: z.string() })

const Subscriptions = z.object({
  data: z.array(
    z.looseObject({
      type: z.string(),
      status: z.string(),
      transport: z.looseObject({ callback: z.string().optional() }),
    }),
  ),
})

/** With the app's own token. */
async function call({ client, endpoint, call: send }: RegistrationTools, json?: unknown) {
  const form = {
    client_id: client.id,
    client_secret: client.secret,
    grant_type: 'client_credentials',
  }
  const url = endpoint('token_endpoint')
  const answer = await send({ method: 'POST', url, headers: {}, form })
  if (answer.status > 299) throw refused('it gives the app no token', answer)
  const { access_token } = AppToken.parse(answer.document)
  const headers = { authorization: `Bearer ${access_token}`, 'client-id': client.id }
  const at = endpoint('eventsub_endpoint')
  const managed = await send(
    json === undefined
      ? { method: 'GET', url: at, headers }
      : { method: 'POST', url: at, headers, json },
  )
  // 409: it is there already.
  if (managed.status > 299 && managed.status !== 409) {
    throw refused('the subscription cannot be managed', managed)
  }
  return managed.document
}

/** Twitch's subscription, which it confirms by a challenge. https://dev.twitch.tv/docs/eventsub/manage-subscriptions */
export const twitchEventSub: EventRegistration = {
  command: 'twitch-eventsub',
  needs: ['EVENTSUB_SECRET'],
  async register(tools) {
    await call(tools, {
      type: TYPE,
      version: '1',
      condition: { client_id: tools.client.id },
      transport: {
        method: 'webhook',
        callback: tools.address,
        secret: tools.values.EVENTSUB_SECRET,
      },
    })
  },
  async status(tools) {
    const { data } = Subscriptions.parse(await call(tools))
    const ours = data.filter(({ type }) => type === TYPE)
    const found =
      ours.find(({ transport }) => transport.callback === tools.address) ?? ours[0] ?? null
    return (
      found && {
        address: found.transport.callback ?? '',
        state: found.status,
        // Until the challenge is answered it is pending; all else is an end.
        isOff: !['enabled', 'webhook_callback_verification_pending'].includes(found.status),
      }
    )
  },
}
