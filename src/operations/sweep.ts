/** Removes one batch of what is over; gives how many rows went. */
export type SweepBatch = () => Promise<number>

const EVERY_MS = 60_000

/** Batches in one round, so that a backlog never turns into one long burst. */
const MAX_BATCHES = 20

/** Removes expired rows in the background, batch by batch. Returns the function that stops it. */
export function startSweeping(
  sweepBatch: SweepBatch,
  log: {
    debug(fields: object, message: string): void
    warn(fields: object, message: string): void
  },
): () => void {
  let isRunning = false
  const round = async () => {
    if (isRunning) return
    isRunning = true
    try {
      let removed = 0
      for (let batch = 0; batch < MAX_BATCHES; batch++) {
        const count = await sweepBatch()
        removed += count
        if (count === 0) break
      }
      if (removed > 0) log.debug({ event: 'swept', removed }, 'removed expired rows')
    } catch (err) {
      log.warn({ event: 'sweep_failed', err }, 'expired rows were not removed')
    } finally {
      isRunning = false
    }
  }
  const timer = setInterval(round, EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}
