import { LatchkeyError } from '../../core/errors.ts'

/**
 * How many logins may wait for one provider at once, so that one that hangs does not block the
 * others.
 */
const MAX_CONCURRENT = 100

/** Runs work that waits for the provider, unless too much of it is waiting already. */
export function createBulkhead(): <T>(work: () => Promise<T>) => Promise<T> {
  let underWay = 0
  return async (work) => {
    if (underWay >= MAX_CONCURRENT) {
      throw new LatchkeyError(
        'temporarily_unavailable',
        'Too many logins are waiting for this provider. Please try again in a moment.',
        { evidence: { reason: 'provider_overload' }, retryAfterSeconds: 5 },
      )
    }
    underWay += 1
    try {
      return await work()
    } finally {
      underWay -= 1
    }
  }
}
