import { createTokenSealer } from '../core/provider-tokens.ts'
import { createSealer } from '../core/secrets.ts'
import { logoutCarrier } from '../events/carriers/logout.ts'
import { revocationCarrier } from '../events/carriers/revocation.ts'
import { webhookCarrier } from '../events/carriers/webhook.ts'
import { keepMonths } from '../events/months.ts'
import { startOutbox } from '../events/outbox.ts'
import { eventRoutes } from '../events/routes.ts'
import { createReceivedPage } from '../pages/received.ts'
import { createDelivery } from '../upstream/delivery.ts'
import type { AppContext, Shared } from './context.ts'

/** What providers tell, and what is kept and told of what happens. */
export async function addEvents(
  { app, settings, stores, meter, look }: AppContext,
  { providers, limits }: Shared,
): Promise<void> {
  const { told, publicUrl } = settings
  await app.register(async (room) =>
    eventRoutes(room, {
      publicUrl,
      providerOf: (id) => providers.get(id),
      store: stores.receivedEvents,
      deletesUsers: (id) => told.onAccountGone[id] === 'delete',
      failed: (request) => limits.proof.failed(request, ''),
      received: meter.eventReceived,
      sendReceivedPage: createReceivedPage(look),
    }),
  )
  keepMonths(app, { audit: stores.audit, retentionSeconds: told.auditRetentionSeconds })
}

/** What is told and asked elsewhere behind the answers; gives what has it done now. */
export async function openOutbox(
  { app, settings, stores, secrets, meter, tracer }: AppContext,
  { tokens, providers }: Pick<Shared, 'tokens' | 'providers'>,
): Promise<() => void> {
  const { webhook } = settings.told
  const told = settings.clients.filter(({ backchannelLogoutUri }) => backchannelLogoutUri !== null)
  await stores.outbox.setTargets([
    ...(webhook === null
      ? []
      : [
          { kind: 'webhook', target: 'webhook', url: webhook.url, events: webhook.events } as const,
        ]),
    ...told.map(({ id, backchannelLogoutUri: url }) => {
      return { kind: 'logout', target: id, url: url ?? '', events: [] } as const
    }),
  ])
  const delivery = createDelivery(settings.forwardProxies, tracer)
  app.addHook('onClose', () => delivery.close())
  const sealer = createTokenSealer(createSealer(secrets, 'provider grants'))
  const outbox = startOutbox(app, {
    store: stores.outbox,
    carriers: {
      revocation: revocationCarrier({
        store: stores.outbox,
        sealer,
        revokerOf: (id) => providers.get(id)?.tokens,
      }),
      webhook: webhookCarrier({ target: webhook, delivery }),
      logout: logoutCarrier({
        uriOf: (id) => told.find((client) => client.id === id)?.backchannelLogoutUri ?? null,
        signLogoutToken: tokens.signLogoutToken,
        delivery,
      }),
    },
    delivered: meter.delivered,
    tracer,
  })
  return outbox.wake
}
