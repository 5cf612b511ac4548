import { setTimeout as pause } from 'node:timers/promises'
import { LatchkeyError } from '../../core/errors.ts'
import type { Audit, AuditFilter, AuditRow } from '../../core/events/audit.ts'

const EVERY_MS = 1_000
/** A row bears the time at which its transaction began: it may appear behind later ones, but not longer than this. */
const LATE_MS = 15_000

/**
 * Rows of the audit as they come, until `stop`: those since a moment, else those that come from now on. By the
 * database's clock alone: a row of the future, which one that was set back leaves, hides none of now. A database
 * that is away is waited for; what happened meanwhile comes then. `away` is told once each time.
 */
export async function* followAudit(
  audit: Pick<Audit, 'list' | 'now'>,
  filter: AuditFilter,
  { stop, away }: { stop: AbortSignal; away(): void },
): AsyncGenerator<AuditRow> {
  /** Rows that were given, or were there before, as long as they may be read again. */
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
