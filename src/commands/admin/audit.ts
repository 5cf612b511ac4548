import type { AuditFilter, AuditRow } from '../../core/audit.ts'
import type { AdminRun } from './open-stores.ts'
import type { Shown } from './print.ts'
import { UsageError } from './usage.ts'

const PAGE = 500
const MOST_SHOWN = 10_000

/** `admin audit …` */
export async function runAudit({ stores, flags }: AdminRun): Promise<Shown> {
  const since = flags.since === undefined ? undefined : new Date(flags.since)
  if (since !== undefined && Number.isNaN(since.getTime())) {
    throw new UsageError('--since must be a date such as 2026-11-28 or 2026-11-28T10:00:00Z.')
  }
  const filter: AuditFilter = {
    limit: PAGE,
    ...(flags.user === undefined ? {} : { userId: flags.user }),
    ...(flags.type === undefined ? {} : { type: flags.type }),
    ...(since === undefined ? {} : { since }),
  }
  const rows: AuditRow[] = []
  for (;;) {
    const last = rows.at(-1)
    const page = await stores.audit.list({ ...filter, ...(last ? { after: last } : {}) })
    rows.push(...page)
    if (page.length < PAGE || rows.length >= MOST_SHOWN) break
  }
  await stores.audit.record({ type: 'admin.audit_read', userId: flags.user ?? null })
  return {
    rows: rows.map((row) => ({
      at: row.at,
      type: row.type,
      user: row.userId,
      session: row.sessionId,
      client: row.clientId,
      provider: row.provider,
      reason: row.reason,
      address: row.address,
      user_agent: row.userAgent,
      request_id: row.requestId,
      id: row.id,
    })),
  }
}
