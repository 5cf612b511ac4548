import { randomBytes } from 'node:crypto'
import type { DeliveryTarget } from '../core/events/outbox.ts'
import type { WebhookTarget } from '../core/events/webhook.ts'
import { calledFromHere } from '../core/settings/public-url.ts'
import { logoutCarrier } from '../events/carriers/logout.ts'
import { revocationCarrier } from '../events/carriers/revocation.ts'
import { webhookCarrier } from '../events/carriers/webhook.ts'
import { keepMonths } from '../events/months.ts'
import { startOutbox } from '../events/outbox.ts'
import { eventRoutes } from '../events/routes.ts'
import { RECEIVER_PATH } from '../pages/playground/receiver.ts'
import { createReceivedPage } from '../pages/received.ts'
import type { Settings } from '../settings/index.ts'
import { createDelivery } from '../upstream/outbound/delivery.ts'
import type { AppContext, Shared } from './context.ts'

/** The receivers of providers’ events, and the months of the audit log. */
export async function addEvents(
  { app, settings, stores, meter, look }: AppContext,
  { providers, limits }: Shared,
): Promise<void> {
  const { events, publicUrl } = settings
  await app.register(async (room) =>
    eventRoutes(room, {
      publicUrl,
      providerOf: (id) => providers.get(id),
      store: stores.receivedEvents,
      deletesUsers: (id) => events.onAccountGone[id] === 'delete',
      failed: (request) => limits.proof.failed(request, ''),
      received: meter.eventReceived,
      sendReceivedPage: createReceivedPage(look),
    }),
  )
  keepMonths(app, { audit: stores.audit, retentionSeconds: events.auditRetentionSeconds })
}

/** The playground's own receiver of webhooks: where a provider is emulated and WEBHOOK_URL is not set. */
export function playgroundTarget(settings: Settings): WebhookTarget | null {
  const { publicUrl, events, emulate } = settings
  if (events.webhook !== null || emulate.length === 0) return null
  const url = calledFromHere(publicUrl + RECEIVER_PATH, settings)
  return { url, keys: [randomBytes(32)], events: ['*'] }
}

/**
 * Opens the outbox, from which webhooks, logout tokens and revocations are sent in the background.
 * `wakeOutbox` sends what is due now; `listen` has webhooks sent to the playground, too.
 */
export async function openOutbox(
  { app, settings, stores, meter, tracer, tokenSealer }: AppContext,
  {
    tokens,
    providers,
    receiver,
  }: Pick<Shared, 'tokens' | 'providers'> & { receiver: WebhookTarget | null },
): Promise<{ wakeOutbox: () => void; listen: () => Promise<void> }> {
  const { webhook } = settings.events
  const receivers = settings.clients.filter((client) => client.backchannelLogoutUri !== null)
  const clients = receivers.map(
    ({ id: target, backchannelLogoutUri: url }): DeliveryTarget => ({
      kind: 'logout',
      target,
      url: url ?? '',
      events: [],
    }),
  )
  const targetsWith = (webhook: WebhookTarget | null): DeliveryTarget[] => {
    if (webhook === null) return clients
    const { url, events } = webhook
    return [{ kind: 'webhook', target: 'webhook', url, events }, ...clients]
  }
  await stores.outbox.setTargets(targetsWith(webhook))
  const delivery = createDelivery(settings.forwardProxies, tracer)
  app.addHook('onClose', () => delivery.close())
  const outbox = startOutbox(app, {
    store: stores.outbox,
    carriers: {
      revocation: revocationCarrier({
        store: stores.outbox,
        sealer: tokenSealer,
        revokerOf: (id) => providers.get(id)?.tokens,
      }),
      webhook: webhookCarrier({ target: webhook ?? receiver, delivery }),
      logout: logoutCarrier({
        uriOf: (id) => receivers.find((client) => client.id === id)?.backchannelLogoutUri ?? null,
        signLogoutToken: tokens.signLogoutToken,
        delivery,
      }),
    },
    delivered: meter.delivered,
    tracer,
  })
  return {
    wakeOutbox: outbox.wake,
    listen: () => stores.outbox.setTargets(targetsWith(webhook ?? receiver)),
  }
}
