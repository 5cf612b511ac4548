import { validate as isUuid } from 'uuid'
import { defined } from '../../core/defined.ts'
import type { AuditFilter, AuditRow } from '../../core/events/audit.ts'
import { parseDuration } from '../../settings/reader.ts'
import { followAudit } from './follow.ts'
import type { AdminRun } from './open-stores.ts'
import { type Shown, visible } from './print.ts'
import { AdminError, UsageError } from './usage.ts'

const PAGE = 500
const MOST_SHOWN = 10_000

const shown = (row: AuditRow) => ({
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
})

/** A time ago, or a date. */
function momentOf(since: string): Date {
  const seconds = parseDuration(since)
  const moment = seconds === null ? new Date(since) : new Date(Date.now() - seconds * 1000)
  if (!Number.isNaN(moment.getTime())) return moment
  throw new UsageError(
    '--since must be a time ago (90m, 12h, 7d) or a date (2026-11-28, 2026-11-28T10:00:00Z).',
  )
}

/** `admin audit …` */
export async function runAudit({ stores, flags }: AdminRun): Promise<Shown> {
  const { user: userId, since } = flags
  if (userId !== undefined && !isUuid(userId)) {
    throw new AdminError(`--user ${userId} is no user’s id: \`users find\` says it.`)
  }
  const filter: AuditFilter = {
    limit: PAGE,
    ...defined({
      userId,
      // `user.*`, as WEBHOOK_EVENTS has it.
      type: flags.type?.replace(/\.?\*$/, '') || undefined,
      since: since === undefined ? undefined : momentOf(since),
    }),
  }
  if (flags.follow)
    return { pieces: lines(followAudit(stores.audit, filter, untilStopped()), flags.json) }
  const rows: AuditRow[] = []
  for (;;) {
    const last = rows.at(-1)
    const page = await stores.audit.list({ ...filter, ...(last ? { after: last } : {}) })
    rows.push(...page)
    if (page.length < PAGE || rows.length >= MOST_SHOWN) break
  }
  const cut = `Only the oldest ${rows.length} are shown: go on with --since ${rows.at(-1)?.at}.`
  return { rows: rows.map(shown), cut: rows.length < MOST_SHOWN ? undefined : cut }
}

/** Ctrl+C, a service manager and a reader who has had enough end it as it is meant to end. */
function untilStopped() {
  const stopping = new AbortController()
  const stop = () => stopping.abort()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  process.stdout.once('error', stop)
  const away = () => process.stderr.write('The database is away; waiting for it.\n')
  return { stop: stopping.signal, away }
}

/** A line for each row: JSON, or what is known of it. */
async function* lines(rows: AsyncIterable<AuditRow>, isJson: boolean): AsyncGenerator<string> {
  for await (const row of rows) {
    const said = shown(row)
    const known = Object.entries(said).filter(([name, value]) => value !== null && name !== 'id')
    const { at, type, ...rest } = Object.fromEntries(known)
    const more = Object.entries(rest).map(([name, value]) => `${name}=${value}`)
    yield isJson ? `${JSON.stringify(said)}\n` : `${visible([at, type, ...more].join('  '))}\n`
  }
}
