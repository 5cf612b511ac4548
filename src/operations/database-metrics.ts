import type * as Prometheus from 'prom-client'
import type { EndedSessions } from '../core/events/audit.ts'
import type { OutboxDepth } from '../core/events/outbox.ts'

/** What is looked up when `/metrics` is asked for. */
export interface MetricSources {
  /** Operations of the database that run or wait, now. */
  pendingOperations(): number
  /** What waits in the outbox, now. */
  outboxDepth(): Promise<readonly OutboxDepth[]>
  /** Sessions that ended behind a moment that an earlier call named. */
  endedSessions(since: string | null): Promise<EndedSessions>
}

/** Makes the name, the help and the labels of one of our metrics, and registers it. */
export type Describe = <Label extends string>(
  name: string,
  help: string,
  labelNames: Label[],
) => { name: string; help: string; labelNames: Label[]; registers: Prometheus.Registry[] }

/**
 * What the database knows, so the same at every replica: to be shown by `max`, not by `sum`. Where the
 * database is away, the series that need it are absent, or stand still.
 */
export function addDatabaseMetrics(
  { Counter, Gauge }: typeof Prometheus,
  metric: Describe,
  sources: MetricSources,
): void {
  new Gauge({
    ...metric('database_operations_pending', 'Operations that run or wait for a connection.', []),
    collect() {
      this.set(sources.pendingOperations())
    },
  })

  // Behind the one above: what these ask the database for is not counted there.
  const waiting = new Gauge(
    metric('outbox_waiting', 'Entries of the outbox that wait.', ['kind', 'target']),
  )
  const failed = new Gauge(
    metric('outbox_given_up', 'Entries that only the operator has tried again.', [
      'kind',
      'target',
    ]),
  )
  new Gauge({
    ...metric('outbox_oldest_seconds', 'Age of the oldest entry that waits.', ['kind', 'target']),
    async collect() {
      for (const gauge of [this, waiting, failed]) gauge.reset()
      for (const one of await sources.outboxDepth().catch(() => [])) {
        const labels = { kind: one.kind, target: one.target }
        this.set(labels, one.oldestSeconds)
        waiting.set(labels, one.waiting)
        failed.set(labels, one.failed)
      }
    },
  })

  // Counted by the audit, which no way of ending a session passes by.
  let since: string | null = null
  let counting: Promise<void> | null = null
  const ended = new Counter({
    ...metric('sessions_ended_total', 'Sessions that ended, by why, ten seconds late.', ['reason']),
    async collect() {
      // Two that ask at once count nothing twice.
      counting ??= count().finally(() => (counting = null))
      await counting
    },
  })
  async function count() {
    const found = await sources.endedSessions(since).catch(() => null)
    if (found === null) return
    since = found.until
    for (const [reason, amount] of Object.entries(found.byReason)) ended.inc({ reason }, amount)
  }
}
