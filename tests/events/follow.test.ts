import { expect, test } from 'vitest'
import { followAudit } from '../../src/commands/admin/follow.ts'
import type { Audit, AuditRow } from '../../src/core/events/audit.ts'
import { unavailable } from '../../src/db/connection/failures.ts'
import { createAudit } from '../../src/db/stores/events/audit.ts'
import { setClock } from '../helpers/clocks.ts'
import { useLatchkey } from '../helpers/stage.ts'

const latchkey = useLatchkey({})

/** Follows, and gives rows one by one. */
function following(audit: Pick<Audit, 'list'>, filter: { type?: string; since?: Date } = {}) {
  const stopping = new AbortController()
  let timesAway = 0
  const rows = followAudit(
    audit,
    { limit: 2, ...filter },
    {
      stop: stopping.signal,
      away: () => {
        timesAway += 1
      },
    },
  )
  const next = async () => (await rows.next()).value as AuditRow | undefined
  return { next, stop: () => stopping.abort(), timesAway: () => timesAway }
}

test.each([0, 5, -5])(
  'what happens from now on is told once each, of the types that are asked for, until it is stopped, by a clock that is %i minutes off',
  async (minutes) => {
    const audit = createAudit(latchkey.database)
    await audit.record({ type: 'admin.before' })
    // A row tells its time in milliseconds: one of this very millisecond would count as from now on.
    await new Promise((resolve) => setTimeout(resolve, 20))
    setClock(Date.now() + minutes * 60_000)
    let looked = () => {}
    const hasLooked = new Promise<void>((resolve) => {
      looked = resolve
    })
    const list: Audit['list'] = async (filter) => {
      const rows = await audit.list(filter)
      looked()
      return rows
    }
    const { next, stop } = following({ list }, { type: 'admin' })
    const first = next()
    await hasLooked
    for (const name of ['a', 'b', 'c']) await audit.record({ type: `admin.${name}` })
    await audit.record({ type: 'sign_in.failed' })
    const told = [await first, await next(), await next()].map((row) => row?.type)
    // In the order of their times, which a machine whose clock goes back a little gives in another.
    expect(told.toSorted()).toEqual(['admin.a', 'admin.b', 'admin.c'])
    const last = next()
    stop()
    expect(await last).toBeUndefined()
  },
)

test('a row that appears behind a later one is told, and so is what happened while the database was away', async () => {
  const row = (id: string, at: string) => ({ id, at }) as AuditRow
  const late = row('late', '2026-01-01T00:00:04.000Z')
  const later = row('later', '2026-01-01T00:00:05.000Z')
  const old = row('old', '2025-12-31T23:59:59.000Z')
  const answers: (AuditRow[] | null)[] = [[later], null, null, [old, late, later]]
  const list: Audit['list'] = async () => {
    const answer = answers.shift()
    if (answer === null) throw unavailable('away', {})
    return answer ?? []
  }
  const since = new Date('2026-01-01T00:00:00.000Z')
  const { next, timesAway } = following({ list }, { since })
  expect(await next()).toEqual(later)
  expect(await next()).toEqual(late)
  expect(timesAway()).toBe(1)
})
