import { docsRoutes } from '../operations/docs.ts'
import { healthRoutes } from '../operations/health.ts'
import { createRateLimits, noRateLimits, type RateLimits } from '../operations/rate-limits.ts'
import { sweep } from '../operations/sweep.ts'
import type { AppContext } from './context.ts'

/** What one address may ask for. */
export function openLimits({ settings, stores, secrets, meter }: AppContext): RateLimits {
  if (!settings.rateLimit) return noRateLimits
  return createRateLimits({ counts: stores.requestCounts, secrets, limited: meter.limited })
}

/** What whoever runs the service looks at, and what runs by itself. */
export async function addOperations({ app, stores }: AppContext): Promise<void> {
  await app.register(async (room) => {
    healthRoutes(room, stores.isReady)
    docsRoutes(room)
  })
  sweep(app, stores.sweepBatch)
}
