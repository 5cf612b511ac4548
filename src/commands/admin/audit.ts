import { validate as isUuid } from 'uuid'
import { defined } from '../../core/defined.ts'
import { type AuditFilter, type AuditRow, EVENT_TYPES } from '../../core/events/audit.ts'
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

const DATE = /^(\d{4}-\d\d-\d\d)([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/i

/** A duration before now, or a valid date: `Date` also takes `90` and 30 February for dates. */
function momentOf(since: string): Date {
  const seconds = parseDuration(since)
  if (seconds !== null) return new Date(Date.now() - seconds * 1000)
  const [, day] = DATE.exec(since) ?? []
  const moment = new Date(since)
  const isDay = day !== undefined && new Date(`${day}T00:00Z`).toJSON()?.startsWith(day)
  if (isDay && !Number.isNaN(moment.getTime())) return moment
  throw new UsageError(
    '--since must be a time ago (90m, 12h, 7d) or a date (2026-11-28, 2026-11-28T10:00:00Z).',
  )
}

/** A type of event, or its beginning up to a dot; also `user.*`, as in WEBHOOK_EVENTS. */
function typeOf(asked: string): string | undefined {
  const type = asked.replace(/\.?\*$/, '')
  const isKnown = EVENT_TYPES.some((one) => one === type || one.startsWith(`${type}.`))
  if (type === '' || isKnown || /^admin(\.[a-z_]+)?$/.test(type)) return type || undefined
  throw new AdminError(
    `--type ${asked} is no event. There are ${EVENT_TYPES.join(', ')} and admin.…; the part before the dot means all of it.`,
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
      type: flags.type === undefined ? undefined : typeOf(flags.type),
      since: since === undefined ? undefined : momentOf(since),
    }),
  }
  if (flags.follow)
    return { pieces: lines(followAudit(stores.audit, filter, untilStopped()), flags.json) }
  // Without --since, the latest events are shown.
  const newestFirst = since === undefined
  const rows: AuditRow[] = []
  for (;;) {
    const last = rows.at(-1)
    const page = await stores.audit.list({ ...filter, newestFirst, ...(last && { after: last }) })
    rows.push(...page)
    if (page.length < PAGE || rows.length >= MOST_SHOWN) break
  }
  const at = rows.at(-1)?.at
  const cut = newestFirst
    ? `Only the newest ${rows.length} are shown, from ${at} on: an earlier --since shows more.`
    : `Only the oldest ${rows.length} are shown: go on with --since ${at}.`
  if (newestFirst) rows.reverse()
  return { rows: rows.map(shown), cut: rows.length < MOST_SHOWN ? undefined : cut }
}

/** Ctrl+C, a service manager, or a reader that has had enough ends it without an error. */
function untilStopped() {
  const stopping = new AbortController()
  const stop = () => stopping.abort()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  process.stdout.once('error', stop)
  const away = () => process.stderr.write('The database is away; waiting for it.\n')
  return { stop: stopping.signal, away }
}

/** One line per row: JSON, or the values that are known. */
async function* lines(rows: AsyncIterable<AuditRow>, isJson: boolean): AsyncGenerator<string> {
  for await (const row of rows) {
    const said = shown(row)
    const known = Object.entries(said).filter(([name, value]) => value !== null && name !== 'id')
    const { at, type, ...rest } = Object.fromEntries(known)
    const more = Object.entries(rest).map(([name, value]) => `${name}=${value}`)
    yield isJson ? `${JSON.stringify(said)}\n` : `${visible([at, type, ...more].join('  '))}\n`
  }
}
