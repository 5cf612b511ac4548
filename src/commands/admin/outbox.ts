import type { Outbox, OutboxFilter, OutboxKind } from '../../core/events/outbox.ts'
import type { AdminRun } from './open-stores.ts'
import type { Shown } from './print.ts'
import { AdminError, noSuchVerb, UsageError } from './usage.ts'

const KINDS: readonly string[] = ['revocation', 'webhook', 'logout'] satisfies OutboxKind[]
const MOST_LISTED = 1000

/** All entries, one kind, or one entry by its number. */
function filterOf(word: string | undefined): OutboxFilter {
  if (word === undefined) return {}
  if (KINDS.includes(word)) return { kind: word as OutboxKind }
  if (/^\d{1,18}$/.test(word)) return { id: word }
  throw new UsageError(
    `${JSON.stringify(word)} is neither an entry nor one of ${KINDS.join(', ')}.`,
  )
}

/** How many entries there are for each target, where they are too many to list. */
async function totals(outbox: Pick<Outbox, 'depth'>): Promise<string> {
  const lines = (await outbox.depth()).map(({ kind, target, waiting, failed, isStopped }) => {
    const what = kind === target ? kind : `${kind} for ${target}`
    return `${what}: ${waiting} waiting${isStopped ? ' (stopped by 410)' : ''}, ${failed} given up`
  })
  return lines.join('\n')
}

/** `admin outbox …` */
export async function runOutbox({ stores, words }: AdminRun): Promise<Shown> {
  const [verb = '', word] = words
  const { outbox } = stores
  const filter = filterOf(word)
  if (verb === 'list') {
    const entries = await outbox.list({ ...filter, limit: MOST_LISTED })
    const isCut = entries.length === MOST_LISTED
    return {
      cut: isCut ? `Only ${MOST_LISTED} are shown.\n${await totals(outbox)}` : undefined,
      rows: entries.map((entry) => ({
        id: entry.id,
        kind: entry.kind,
        target: entry.target,
        attempts: entry.attempts,
        created_at: entry.createdAt,
        next_attempt_at: (entry.failedAt ?? entry.stoppedAt) ? null : entry.nextAttemptAt,
        given_up_at: entry.failedAt,
        stopped_at: entry.stoppedAt,
        failure: entry.failure,
      })),
    }
  }
  if (verb !== 'retry' && verb !== 'drop') {
    throw noSuchVerb('outbox', verb)
  }
  // Waiting entries are tried anyway: only entries that were given up, or are named, are dropped.
  const meant = verb === 'drop' && word === undefined ? { ...filter, failed: true } : filter
  const entries = await outbox[verb](meant)
  if (entries === 0 && meant.id !== undefined) {
    throw new AdminError(`There is no entry ${meant.id} in the outbox.`)
  }
  return { rows: [{ [verb === 'retry' ? 'retried' : 'dropped']: entries }] }
}
