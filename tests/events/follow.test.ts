import { expect, test } from 'vitest'
import { followAudit } from '../../src/commands/admin/follow.ts'
import type { Audit, AuditRow } from '../../src/core/events/audit.ts'
import { unavailable } from '../../src/db/connection/failures.ts'
import { createAudit } from '../../src/db/stores/events/audit.ts'
import { setClock } from '../helpers/clocks.ts'
import { useLatchkey } from '../helpers/stage.ts'

const latchkey = useLatchkey({})

/** Follows, and gives rows one by one. */
function following(
  audit: Pick<Audit, 'list' | 'now'>,
  filter: { type?: string; since?: Date } = {},
) {
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
    setClock(Date.now() + minutes * 60_000)
    let looked = () => {}
    const hasLooked = new Promise<void>((resolve) => {
      looked = resolve
    })
    const list: Audit['list'] = async (filter) => {
      const rows = await audit.list(filter)
      if (rows.length < filter.limit) looked()
      return rows
    }
    const { next, stop } = following({ ...audit, list }, { type: 'admin' })
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

test.each([
  ['from now on', undefined, ['now']],
  ['since a moment', new Date(Date.now() - 60_000), ['future', 'now']],
])(
  'a row of the future, as of a database whose clock was set back, hides none of what happens %s',
  async (_, since, expected) => {
    const { database } = latchkey
    await database.query(`delete from latchkey.audit_events where type like 'admin.clock.%'`)
    await database.query(
      `insert into latchkey.audit_events (id, at, type)
       values (gen_random_uuid(), now() + interval '40 days', 'admin.clock.future')`,
    )
    const audit = createAudit(database)
    let looks = 0
    const list: Audit['list'] = async (filter) => {
      const rows = await audit.list(filter)
      if (looks++ === 0) await audit.record({ type: 'admin.clock.now' })
      return rows
    }
    const filter = { type: 'admin.clock', ...(since && { since }) }
    const { next, stop } = following({ ...audit, list }, filter)
    const told: (string | undefined)[] = []
    while (told.length < expected.length) told.push((await next())?.type)
    stop()
    expect(told).toEqual(expected.map((name) => `admin.clock.${name}`))
  },
)

test('a row that appears behind a later one is told, and so is what happened while the database was away', async () => {
  const row = (id: string, at: string) => ({ id, at }) as AuditRow
  const late = row('late', '2026-01-01T00:00:04.000Z')
  const later = row('later', '2026-01-01T00:00:05.000Z')
  const answers: (AuditRow[] | null)[] = [[later], null, null, [late, later]]
  const list: Audit['list'] = async () => {
    const answer = answers.shift()
    if (answer === null) throw unavailable('away', {})
    return answer ?? []
  }
  const since = new Date('2026-01-01T00:00:00.000Z')
  const { next, timesAway } = following({ list, now: async () => Date.parse(later.at) }, { since })
  expect(await next()).toEqual(later)
  expect(await next()).toEqual(late)
  expect(timesAway()).toBe(1)
})
