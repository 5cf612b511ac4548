import { LatchkeyError } from '../../core/errors.ts'
import { said } from '../../core/messages.ts'

/** How long all calls of one login to its provider may take together. */
export const OUTBOUND_MS = 10_000

/**
 * A time limit that several calls share. An AbortSignal could do this, too, and would cost a login
 * ten times as much.
 */
export interface Deadline {
  readonly isOver: boolean
  /**
   * Calls `tell` once when the time is over, if it is not yet. Gives a function that cancels this.
   */
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
 * Runs work whose calls share one time limit, and clears the timer afterwards. `stop` ends the time
 * early.
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

/** Waits for a promise, but no longer than the deadline allows. */
export function untilOver<T>(promise: Promise<T>, deadline: Deadline): Promise<T> {
  return new Promise((resolve, reject) => {
    const isLate = () => reject(tooSlow())
    if (deadline.isOver) isLate()
    const forget = deadline.whenOver(isLate)
    promise.then(resolve, reject).finally(forget)
  })
}

/** The error where the provider took too long. */
export const tooSlow = (step?: string): LatchkeyError =>
  new LatchkeyError(
    'provider_timeout',
    said.providerSilent,
    step === undefined ? {} : { evidence: { step } },
  )
