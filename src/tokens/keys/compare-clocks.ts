import type { FastifyBaseLogger } from 'fastify'

/** By how many seconds two clocks may differ before it is logged. */
const WORTH_A_WORD_SECONDS = 20

/**
 * Warns once when this machine's clock and the database's, which all replicas share, differ, and
 * says once when they agree again. From a difference of one minute on, replicas refuse each other's
 * tokens.
 */
export function compareClocks(
  log: FastifyBaseLogger,
): (databaseNow: number, ownNow: number) => void {
  let isTold = false
  return (databaseNow, ownNow) => {
    const seconds = Math.round((ownNow - databaseNow) / 1000)
    const differs = Math.abs(seconds) > WORTH_A_WORD_SECONDS
    if (differs === isTold) return
    isTold = differs
    const facts = { event: differs ? 'clock_differs' : 'clock_agrees', seconds }
    if (!differs) log.info(facts, 'this machine’s clock and the database’s agree again')
    else {
      const which = seconds > 0 ? 'ahead of' : 'behind'
      log.warn(facts, `this machine’s clock is ${which} the database’s: one of the two is wrong`)
    }
  }
}
