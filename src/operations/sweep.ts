import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { every } from '../http/every.ts'

/** Removes one batch of each kind of expired rows. */
export type SweepBatch = () => Promise<{
  /** How many rows were removed. */
  removed: number
  /** Whether there may be more to remove. */
  more: boolean
}>

const EVERY_MS = 60_000

/**
 * Removes expired rows in the background, batch by batch, as long as there are more, so that they
 * do not pile up even at thousands of logins a second. After each batch it pauses for as long as
 * that took, so that a backlog never occupies the database.
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
