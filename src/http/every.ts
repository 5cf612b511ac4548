import { AsyncResource } from 'node:async_hooks'
import { setMaxListeners } from 'node:events'
import type { FastifyInstance } from 'fastify'

/** Background work of an app. */
export interface Background {
  /** Runs the work now, or once more after the current run. Does nothing once the app closes. */
  wake(): void
  /** Aborted when the app closes. */
  closing: AbortSignal
}

/**
 * Runs work in the background every `ms` milliseconds, one run at a time, from the moment the app
 * listens until it closes. A failed run is logged as `event`, and the next one tries again. Closing
 * aborts the signal and waits for the current run.
 */
export function every(
  app: FastifyInstance,
  ms: number,
  event: string,
  work: (signal: AbortSignal) => Promise<void>,
  options: {
    /** Whether the first run comes at once instead of after `ms`. */
    atStart?: boolean
    /**
     * Resolves when everything is done that runs have started without waiting for it; closing waits
     * for this.
     */
    settled?: () => Promise<unknown>
  } = {},
): Background {
  const closing = new AbortController()
  // Node logs a warning for more than ten listeners; here there are as many as calls run at once.
  setMaxListeners(0, closing.signal)
  let running: Promise<void> | null = null
  let isAskedAgain = false

  // Bound to the app's own context: a run does not belong to the request that woke it (logs,
  // traces).
  const run = AsyncResource.bind((): void => {
    isAskedAgain = false
    running = work(closing.signal)
      .catch((err: unknown) => app.log.warn({ event, err }, 'work in the background failed'))
      .finally(() => {
        running = null
        if (isAskedAgain) wake()
      })
  })

  function wake(): void {
    if (closing.signal.aborted) return
    if (running === null) run()
    else isAskedAgain = true
  }

  let timer: NodeJS.Timeout | undefined
  app.addHook('onListen', async () => {
    timer = setInterval(() => {
      if (running === null) wake()
    }, ms).unref()
    if (options.atStart) wake()
  })
  app.addHook('onClose', async () => {
    clearInterval(timer)
    closing.abort()
    await running
    await options.settled?.()
  })
  return { wake, closing: closing.signal }
}
