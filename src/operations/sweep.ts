import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { every } from '../http/every.ts'

/** Removes one batch of each kind of what is over. */
export type SweepBatch = () => Promise<{
  /** Rows that went. */
  removed: number
  /** Whether there may be more. */
  more: boolean
}>

const EVERY_MS = 60_000

/**
 * Removes expired rows in the background, batch by batch, as long as there are more: what thousands of
 * logins a second leave behind does not pile up. After each batch it rests as long as that took, so that a
 * backlog never has the database for itself.
 */
export function sweep(app: FastifyInstance, sweepBatch: SweepBatch): void {
  every(app, EVERY_MS, 'sweep_failed', async (closing) => {
    let total = 0
    while (!closing.aborted) {
      const begin = performance.now()
      const { removed, more } = await sweepBatch()
      total += removed
      if (!more) break
      await wait(performance.now() - begin, undefined, { signal: closing }).catch(() => {})
    }
    if (total > 0) app.log.debug({ event: 'swept', removed: total }, 'removed expired rows')
  })
}
