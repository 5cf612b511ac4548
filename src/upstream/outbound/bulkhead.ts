import { LatchkeyError } from '../../core/errors.ts'

/** Logins at one provider that may be waiting for it at once; one that hangs takes nobody with it. */
const MAX_CONCURRENT = 100

/** Does work that may wait for the provider, unless too much of it waits already. */
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
