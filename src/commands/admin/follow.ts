import { setTimeout as pause } from 'node:timers/promises'
import { LatchkeyError } from '../../core/errors.ts'
import type { Audit, AuditFilter, AuditRow } from '../../core/events/audit.ts'

const EVERY_MS = 1_000
/** A row bears the time at which its transaction began: it may appear behind later ones, but not longer than this. */
const LATE_MS = 15_000

/**
 * Rows of the audit as they come, until `stop`: those since a moment, else those behind the newest that is
 * there now, whatever this machine's clock says. A database that is away is waited for; what happened
 * meanwhile comes then. `away` is told once each time.
 */
export async function* followAudit(
  audit: Pick<Audit, 'list'>,
  filter: AuditFilter,
  { stop, away }: { stop: AbortSignal; away(): void },
): AsyncGenerator<AuditRow> {
  /** Rows that were given, or are none of those asked for, as long as they may be read again. */
  const seen = new Map<string, number>()
  let from = filter.since?.getTime()
  let newest = from ?? 0
  let isAway = false
  while (!stop.aborted) {
    try {
      if (from === undefined) {
        const [last] = await audit.list({ newestFirst: true, limit: 1 })
        from = newest = last === undefined ? 0 : Date.parse(last.at) + 1
      }
      const since = new Date(Math.max(newest - LATE_MS, filter.since === undefined ? 0 : from))
      let after: AuditRow | undefined
      do {
        const page = await audit.list({ ...filter, since, ...(after && { after }) })
        for (const row of page) {
          const at = Date.parse(row.at)
          if (!seen.has(row.id) && at >= from) yield row
          seen.set(row.id, at)
          newest = Math.max(newest, at)
        }
        after = page.length === filter.limit ? page.at(-1) : undefined
      } while (after !== undefined && !stop.aborted)
      isAway = false
    } catch (error) {
      if (!(error instanceof LatchkeyError)) throw error
      if (!isAway) away()
      isAway = true
    }
    for (const [id, at] of seen) if (at < newest - 2 * LATE_MS) seen.delete(id)
    await pause(EVERY_MS, undefined, { signal: stop }).catch(() => {})
  }
}
