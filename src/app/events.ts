import { keepMonths } from '../events/months.ts'
import type { AppContext } from './context.ts'

/** What is kept and told of what happens. */
export async function addEvents({ app, settings, stores }: AppContext): Promise<void> {
  keepMonths(app, {
    audit: stores.audit,
    retentionSeconds: settings.told.auditRetentionSeconds,
  })
}
