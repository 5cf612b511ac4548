import type { Measured } from '../meter.ts'
import { inTurn, type Side, type Step, type Turns } from '../rounds.ts'
import { measureSaying } from '../saying.ts'
import { makeSilent } from '../silent.ts'
import type { Stand } from '../stand.ts'
import { type Cost, lowerQuartile, median, type Summary, spread } from '../statistics.ts'
import { type Known, loginSide } from './logins.ts'

/** What the audit is of a login's CPU time, in one part of it. */
export interface AuditShare {
  unit: string
  part: (typeof PARTS)[number]
  /** Microseconds of a login that is recorded, and of one that is not. */
  recorded: number
  unrecorded: number
  /** What it is more, round by round: the middle half of the rounds. */
  more: Summary
  rounds: number
}

/** The whole of it, with what PostgreSQL does outside of all logins: it vacuums, and writes to the disk. */
export interface AuditShares {
  shares: AuditShare[]
  /** Microseconds for each login. */
  besides: Record<SideName, number>
}

const SIDES = ['recorded', 'unrecorded'] as const
type SideName = (typeof SIDES)[number]

const PARTS = ['server', 'PostgreSQL', 'both'] as const
const UNITS = ['new, trusted address', 'returning'] as const

/** Nothing is recorded any more. */
const UNRECORDED = `do $$ declare t record; begin
  for t in select tgname, tgrelid::regclass as owner from pg_trigger
    where not tgisinternal and tgrelid in ('latchkey.users'::regclass, 'latchkey.identities'::regclass, 'latchkey.sessions'::regclass)
  loop execute format('drop trigger %I on %s', t.tgname, t.owner); end loop; end $$`

/** Statements are run as nobody counts them: that takes time, too. */
const UNCOUNTED = [`alter system set pg_stat_statements.track = 'none'`, 'select pg_reload_conf()']

/** Each with servers that are started anew: one that was compiled worse by chance stays dearer for as long as it runs. */
const STARTS = 4

/**
 * Logins that are recorded beside logins that are not, each with a PostgreSQL of its own. There no trigger is left,
 * and the server does not say who asks:
 * what it spends on that is measured by itself.
 */
export async function measureAudit(
  stands: Record<SideName, Stand>,
  { users, amount, turns }: Known & { turns: Turns },
): Promise<AuditShares> {
  const module = await makeSilent()
  const some = {
    ...turns,
    rounds: Math.ceil(turns.rounds / STARTS),
    seconds: turns.seconds / STARTS,
  }
  const samples: Record<SideName, Cost[][]> = { recorded: [[], []], unrecorded: [[], []] }
  const outside: Record<SideName, number[]> = { recorded: [], unrecorded: [] }
  for (let start = 0; start < STARTS; start++) {
    const first = start === 0 ? { users } : {}
    const recorded = await stands.recorded.latchkey(first)
    const unrecorded = await stands.unrecorded.latchkey({ ...first, module })
    const both = { recorded, unrecorded }
    if (start === 0) {
      await unrecorded.database.fill(unrecorded.name, [UNRECORDED])
      for (const { database, name } of Object.values(both)) await database.fill(name, UNCOUNTED)
    }
    const sides = Object.entries(both).map(([name, of]) =>
      loginsBySide(name, of, { users, amount }),
    )
    await inTurn(sides, { ...some, rounds: 0 })
    const before = await spentBy(both)
    const these = await inTurn(sides, { ...some, warmUps: 0 })
    const after = await spentBy(both)
    for (const side of SIDES) {
      const costs = UNITS.map((unit) => these[side]?.[unit] ?? [])
      for (const [place, some] of costs.entries()) samples[side][place]?.push(...some)
      const within = costs.flat().reduce((sum, { database }) => sum + database * amount, 0)
      outside[side].push((after[side] - before[side] - within) / (costs.flat().length * amount))
      await both[side].server.stop()
    }
  }
  const said = spread(measureSaying(turns.rounds))
  const shares = UNITS.flatMap((unit, place) => {
    const [withIt = [], without = []] = SIDES.map((side) => samples[side][place])
    const server = lowerQuartile(withIt.map(({ cpu }) => cpu))
    const rounds = withIt.length
    const parts: Record<AuditShare['part'], Compared> = {
      server: { recorded: server, unrecorded: server - said.median, more: said },
      PostgreSQL: compare(withIt.map(databaseOf), without.map(databaseOf)),
      get both() {
        return add(this.server, this.PostgreSQL)
      },
    }
    return PARTS.map((part): AuditShare => ({ unit, part, ...parts[part], rounds }))
  })
  const besides = { recorded: median(outside.recorded), unrecorded: median(outside.unrecorded) }
  return { shares, besides }
}

type Compared = Pick<AuditShare, 'recorded' | 'unrecorded' | 'more'>

const databaseOf = ({ database }: Cost) => database

const compare = (recorded: readonly number[], unrecorded: readonly number[]): Compared => ({
  recorded: lowerQuartile(recorded),
  unrecorded: lowerQuartile(unrecorded),
  more: spread(recorded.map((cost, round) => cost - (unrecorded[round] ?? Number.NaN))),
})

const add = (one: Compared, other: Compared): Compared => ({
  recorded: one.recorded + other.recorded,
  unrecorded: one.unrecorded + other.unrecorded,
  more: {
    median: one.more.median + other.more.median,
    least: one.more.least + other.more.least,
    most: one.more.most + other.more.most,
  },
})

const spentBy = async ({ recorded, unrecorded }: Record<SideName, Measured>) => ({
  recorded: await recorded.database.cpu(),
  unrecorded: await unrecorded.database.cpu(),
})

/** Both kinds of login; `database` is PostgreSQL's CPU time, of all its processes and all that it does. */
function loginsBySide(name: string, measured: Measured, known: Known): Side {
  const { steps } = loginSide(name, measured, known)
  const withPostgres =
    (unit: string): Step =>
    async () => {
      const before = await measured.database.cpu()
      const cost = (await steps[unit]?.())?.[unit] as Cost
      const database = ((await measured.database.cpu()) - before) / known.amount
      return { [unit]: { ...cost, database } }
    }
  return { name, steps: Object.fromEntries(UNITS.map((unit) => [unit, withPostgres(unit)])) }
}
