import { LatchkeyError } from '../../core/errors.ts'
import { said } from '../../core/messages.ts'

/** All calls of one login to its provider must be answered within this time. */
export const OUTBOUND_MS = 10_000

/** A time limit that calls share. An AbortSignal would do as well, and costs a login ten times as much. */
export interface Deadline {
  readonly isOver: boolean
  /** Tells once when it is over, if it is not yet; gives what takes that back. */
  whenOver(tell: () => void): () => void
}

class Limit implements Deadline {
  isOver = false
  private readonly told = new Set<() => void>()

  whenOver(tell: () => void): () => void {
    this.told.add(tell)
    return () => this.told.delete(tell)
  }

  end(): void {
    if (this.isOver) return
    this.isOver = true
    for (const tell of this.told) tell()
  }
}

/**
 * Does work whose calls share one time limit, and clears the timer when the work is done. `stop` ends
 * it sooner.
 */
export async function withDeadline<T>(
  work: (deadline: Deadline) => Promise<T>,
  { ms = OUTBOUND_MS, stop }: { ms?: number | undefined; stop?: AbortSignal | undefined } = {},
): Promise<T> {
  const limit = new Limit()
  const end = () => limit.end()
  const timer = setTimeout(end, ms)
  stop?.addEventListener('abort', end, { once: true })
  if (stop?.aborted) end()
  try {
    return await work(limit)
  } finally {
    clearTimeout(timer)
    stop?.removeEventListener('abort', end)
  }
}

/** Waits no longer than the deadline allows, whatever the promise does. */
export function untilOver<T>(promise: Promise<T>, deadline: Deadline): Promise<T> {
  return new Promise((resolve, reject) => {
    const isLate = () => reject(tooSlow())
    if (deadline.isOver) isLate()
    const forget = deadline.whenOver(isLate)
    promise.then(resolve, reject).finally(forget)
  })
}

/** The provider took longer than it may. */
export const tooSlow = (step?: string): LatchkeyError =>
  new LatchkeyError(
    'provider_timeout',
    said.providerSilent,
    step === undefined ? {} : { evidence: { step } },
  )
