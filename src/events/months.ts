import type { FastifyInstance } from 'fastify'
import type { Audit } from '../core/events/audit.ts'
import { every } from '../http/every.ts'

const DAY_MS = 86_400_000
/** A machine that slept for months, or is told the time only after its start, is in another month at once. */
const LOOK_MS = 60_000

/**
 * Keeps the audit's months: those ahead are made, and once a day those past retention are dropped. What
 * fails, as where a lock is held for long, is done another time: the months ahead are three.
 */
export function keepMonths(
  app: FastifyInstance,
  options: { audit: Pick<Audit, 'makePartitions' | 'dropPartitions'>; retentionSeconds: number },
): void {
  const { audit, retentionSeconds } = options
  every(app, LOOK_MS, 'audit_months_failed', audit.makePartitions, { atStart: true })
  every(
    app,
    DAY_MS,
    'audit_months_failed',
    async () => {
      const dropped = await audit.dropPartitions(retentionSeconds)
      if (dropped > 0)
        app.log.info({ event: 'audit_dropped', months: dropped }, 'dropped old audit')
    },
    { atStart: true },
  )
}
