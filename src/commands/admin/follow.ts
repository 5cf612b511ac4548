import { setTimeout as pause } from 'node:timers/promises'
import { LatchkeyError } from '../../core/errors.ts'
import type { Audit, AuditFilter, AuditRow } from '../../core/events/audit.ts'

const EVERY_MS = 1_000
/**
 * A row has the time at which its transaction began, so it can appear after later ones, but not by
 * more than this.
 */
const LATE_MS = 15_000

/**
 * Gives rows of the audit log as they appear, until `stop`: those since a given time, else those
 * from now on. Only the database's clock counts: a row in the future, left from before that clock
 * was set back, hides no present ones. If the database is away this waits, and gives the missed
 * rows afterwards; `away` is called once each time.
 */
export async function* followAudit(
  audit: Pick<Audit, 'list' | 'now'>,
  filter: AuditFilter,
  { stop, away }: { stop: AbortSignal; away(): void },
): AsyncGenerator<AuditRow> {
  /** Rows that were given or existed before, for as long as they may be read again. */
  const seen = new Map<string, number>()
  let { since } = filter
  let isTelling = since !== undefined
  let isAway = false
  while (!stop.aborted) {
    try {
      const from = (await audit.now()) - LATE_MS
      since ??= new Date(from)
      let after: AuditRow | undefined
      do {
        const page = await audit.list({ ...filter, since, ...(after && { after }) })
        for (const row of page) {
          if (isTelling && !seen.has(row.id)) yield row
          seen.set(row.id, Date.parse(row.at))
        }
        after = page.length === filter.limit ? page.at(-1) : undefined
      } while (after !== undefined && !stop.aborted)
      isTelling = true
      isAway = false
      since = new Date(Math.max(from, filter.since?.getTime() ?? 0))
      for (const [id, at] of seen) if (at < from - LATE_MS) seen.delete(id)
    } catch (error) {
      if (!(error instanceof LatchkeyError)) throw error
      if (!isAway) away()
      isAway = true
    }
    await pause(EVERY_MS, undefined, { signal: stop }).catch(() => {})
  }
}
