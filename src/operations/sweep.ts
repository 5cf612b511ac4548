import type { FastifyInstance } from 'fastify'
import { every } from '../http/every.ts'

/** Removes one batch of what is over; gives how many rows went. */
export type SweepBatch = () => Promise<number>

const EVERY_MS = 60_000

/** Batches in one round, so that a backlog never turns into one long burst. */
const MAX_BATCHES = 20

/** Removes expired rows in the background, batch by batch. */
export function sweep(app: FastifyInstance, sweepBatch: SweepBatch): void {
  every(app, EVERY_MS, 'sweep_failed', async (closing) => {
    let removed = 0
    for (let batch = 0; batch < MAX_BATCHES && !closing.aborted; batch++) {
      const count = await sweepBatch()
      removed += count
      if (count === 0) break
    }
    if (removed > 0) app.log.debug({ event: 'swept', removed }, 'removed expired rows')
  })
}
