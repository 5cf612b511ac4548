import { keepMonths } from '../events/months.ts'
import { eventRoutes } from '../events/routes.ts'
import { sendReceivedPage } from '../pages/received.ts'
import type { AppContext, Shared } from './context.ts'

/** What providers tell, and what is kept and told of what happens. */
export async function addEvents(
  { app, settings, stores, meter }: AppContext,
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
      sendReceivedPage,
    }),
  )
  keepMonths(app, { audit: stores.audit, retentionSeconds: told.auditRetentionSeconds })
}
