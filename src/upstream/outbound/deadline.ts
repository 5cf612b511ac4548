import { LatchkeyError } from '../../core/errors.ts'
import { said } from '../../core/messages.ts'

/** All calls of one login to its provider must be answered within this time. */
export const OUTBOUND_MS = 10_000

/**
 * Does work whose calls share one time limit, and clears the timer when the work is done. `stop` ends
 * it sooner.
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { ms = OUTBOUND_MS, stop }: { ms?: number | undefined; stop?: AbortSignal | undefined } = {},
): Promise<T> {
  const deadline = new AbortController()
  const abort = () => deadline.abort()
  const timer = setTimeout(abort, ms)
  stop?.addEventListener('abort', abort, { once: true })
  if (stop?.aborted) abort()
  try {
    return await work(deadline.signal)
  } finally {
    clearTimeout(timer)
    stop?.removeEventListener('abort', abort)
  }
}

/** Waits no longer than the signal allows, whatever the promise does. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(tooSlow())
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** The provider took longer than it may. */
export const tooSlow = (step?: string): LatchkeyError =>
  new LatchkeyError(
    'provider_timeout',
    said.providerSilent,
    step === undefined ? {} : { evidence: { step } },
  )
