import { AsyncResource } from 'node:async_hooks'
import { setMaxListeners } from 'node:events'
import type { FastifyInstance } from 'fastify'

/** Work in the background of an app. */
export interface Background {
  /** Does it now, or once more where it is being done. Nothing once the app closes. */
  wake(): void
  /** Aborted when the app closes. */
  closing: AbortSignal
}

/**
 * Does work again and again behind the answers: from the moment the app listens until it closes, one run
 * at a time. A run that fails is logged as `event` and tried again. Closing aborts the signal and waits
 * for the run that is under way.
 */
export function every(
  app: FastifyInstance,
  ms: number,
  event: string,
  work: (signal: AbortSignal) => Promise<void>,
  options: {
    /** Whether the first run comes at once, and not after `ms`. */
    atStart?: boolean
    /** What runs have begun and not waited for: closing does. */
    settled?: () => Promise<unknown>
  } = {},
): Background {
  const closing = new AbortController()
  // As many as there is work at once: Node takes more than ten for a leak, and says so in the log.
  setMaxListeners(0, closing.signal)
  let running: Promise<void> | null = null
  let isAskedAgain = false

  // A request that wakes it is not what it works for: nothing of that one's context goes along.
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
