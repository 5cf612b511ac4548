import { isDeliverable } from '../../core/events/webhook.ts'
import type { Finding } from '../../operations/doctor/findings.ts'
import { answersOfReceivers, type ReceiverTarget } from '../../operations/doctor/receivers.ts'
import type { DoctorTexts } from '../../operations/doctor/texts/texts.ts'
import type { Settings } from '../../settings/index.ts'
import { clientPrefix } from '../../settings/parts/clients.ts'
import { createDelivery } from '../../upstream/outbound/delivery.ts'

/** How long a receiver is waited for, in milliseconds. */
const WAIT_MS = 3_000

/**
 * The URLs that the settings have webhooks and logout tokens posted to. An invalid one is reported
 * with the settings.
 */
function targetsOf({ events, clients }: Settings): ReceiverTarget[] {
  const type = 'application/x-www-form-urlencoded'
  const webhook = { name: 'WEBHOOK_URL', url: events.webhook?.url, type: 'application/json' }
  const logouts = clients.map(({ id, backchannelLogoutUri: url }) => {
    return { name: `${clientPrefix(id)}BACKCHANNEL_LOGOUT_URI`, url, type }
  })
  return [webhook, ...logouts].flatMap(({ name, url, type }) =>
    url != null && isDeliverable(url) ? [{ name, url, type }] : [],
  )
}

/**
 * Posts an empty message to each receiver, in the way the server would, and reports what it
 * answers.
 */
export async function checkReceivers(settings: Settings, words: DoctorTexts): Promise<Finding[]> {
  const delivery = createDelivery(settings.forwardProxies)
  const post = async (url: string, sent: { type: string; body: string }) =>
    (await delivery.post(url, sent, AbortSignal.timeout(WAIT_MS))).status
  try {
    return await answersOfReceivers(targetsOf(settings), post, words)
  } finally {
    await delivery.close()
  }
}
