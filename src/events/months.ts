import type { FastifyInstance } from 'fastify'
import type { Audit } from '../core/events/audit.ts'
import { every } from '../http/every.ts'

const DAY_MS = 86_400_000
/**
 * How often the month is checked: a machine may sleep for months, or learn the right time only
 * after its start.
 */
const LOOK_MS = 60_000

/**
 * Keeps the monthly partitions of the audit log: makes those of the next months, and once a day
 * drops those older than the retention. If that fails, as where a lock is held for long, a later
 * round does it: partitions are made three months ahead.
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
        app.log.info(
          { event: 'audit_dropped', months: dropped },
          'old months of the audit log were dropped',
        )
    },
    { atStart: true },
  )
}
