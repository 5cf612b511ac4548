import type { FastifyBaseLogger } from 'fastify'
import type * as Prometheus from 'prom-client'
import type { EndedSessions } from '../core/events/audit.ts'
import type { OutboxDepth } from '../core/events/outbox.ts'

/** What is looked up when `/metrics` is requested. */
export interface MetricSources {
  /** How many database operations run or wait now. */
  pendingOperations(): number
  /** What waits in the outbox now. */
  outboxDepth(): Promise<readonly OutboxDepth[]>
  /** Sessions that ended since the time that an earlier call gave. */
  endedSessions(since: string | null): Promise<EndedSessions>
}

/** Gives the name, help and labels of a metric, and registers it. */
export type Describe = <Label extends string>(
  name: string,
  help: string,
  labelNames: Label[],
) => { name: string; help: string; labelNames: Label[]; registers: Prometheus.Registry[] }

/**
 * Metrics that come from the database and so are the same at every replica: aggregate them by
 * `max`, not `sum`. If the database is away, they are absent or keep their last value.
 */
export function addDatabaseMetrics(
  { Counter, Gauge }: typeof Prometheus,
  metric: Describe,
  sources: MetricSources,
  log: Pick<FastifyBaseLogger, 'warn'>,
): void {
  const unread = (err: unknown) => {
    log.warn(
      { event: 'metrics_unread', err },
      '/metrics lacks what it shows of the database, which could not be read',
    )
    return null
  }
  new Gauge({
    ...metric('database_operations_pending', 'Operations that run or wait for a connection.', []),
    collect() {
      this.set(sources.pendingOperations())
    },
  })

  // Behind the one above: what these ask the database for is not counted there. One look for all three: each
  // awaits it, or it would show what an earlier look found.
  let looking: Promise<void> | null = null
  const gauge = (name: string, help: string) =>
    new Gauge({
      ...metric(name, help, ['kind', 'target']),
      async collect() {
        looking ??= look().finally(() => (looking = null))
        await looking
      },
    })
  const waiting = gauge('outbox_waiting', 'Entries of the outbox that wait.')
  const failed = gauge('outbox_given_up', 'Entries that only the operator has tried again.')
  const oldest = gauge('outbox_oldest_seconds', 'Age of the oldest entry that waits.')
  async function look() {
    const found = (await sources.outboxDepth().catch(unread)) ?? []
    for (const one of [waiting, failed, oldest]) one.reset()
    for (const { kind, target, ...depth } of found) {
      const labels = { kind, target }
      waiting.set(labels, depth.waiting)
      failed.set(labels, depth.failed)
      oldest.set(labels, depth.oldestSeconds)
    }
  }

  // Counted from the audit log, which records every way that a session ends.
  let since: string | null = null
  let counting: Promise<void> | null = null
  const ended = new Counter({
    ...metric('sessions_ended_total', 'Sessions that ended, by why, ten seconds late.', ['reason']),
    async collect() {
      // Two requests at the same time count nothing twice.
      counting ??= count().finally(() => (counting = null))
      await counting
    },
  })
  async function count() {
    const found = await sources.endedSessions(since).catch(unread)
    if (found === null) return
    since = found.until
    for (const [reason, amount] of Object.entries(found.byReason)) ended.inc({ reason }, amount)
  }
}
