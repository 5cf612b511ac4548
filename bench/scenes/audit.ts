import type { Measured } from '../meter.ts'
import { inTurn, type Side, type Step, type Turns } from '../rounds.ts'
import { makeSilent } from '../silent.ts'
import type { Stand } from '../stand.ts'
import { type Cost, lowerQuartile, type Summary, spread } from '../statistics.ts'
import { type Known, loginSide } from './logins.ts'

/** What the audit is of a login's CPU time, in one part of it. */
export interface AuditShare {
  unit: string
  part: 'server' | 'PostgreSQL' | 'both'
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
  besides: Record<'recorded' | 'unrecorded', number>
}

const UNITS = ['new, trusted address', 'returning'] as const

/** Nothing is recorded any more. */
const UNRECORDED = `do $$ declare t record; begin
  for t in select tgname, tgrelid::regclass as owner from pg_trigger
    where not tgisinternal and tgrelid in ('latchkey.users'::regclass, 'latchkey.identities'::regclass, 'latchkey.sessions'::regclass)
  loop execute format('drop trigger %I on %s', t.tgname, t.owner); end loop; end $$`

/** Statements are run as nobody counts them: that takes time, too. */
const UNCOUNTED = [`alter system set pg_stat_statements.track = 'none'`, 'select pg_reload_conf()']

/**
 * Logins that are recorded beside logins that are not, each with a PostgreSQL of its own. There no trigger is left,
 * and the server does not say who asks.
 */
export async function measureAudit(
  stands: Record<'recorded' | 'unrecorded', Stand>,
  { users, amount, turns }: Known & { turns: Turns },
): Promise<AuditShares> {
  const recorded = await stands.recorded.latchkey({ users })
  const module = await makeSilent()
  const unrecorded = await stands.unrecorded.latchkey({ users, module })
  await unrecorded.database.fill(unrecorded.name, [UNRECORDED])
  const both = { recorded, unrecorded }
  for (const { database, name } of Object.values(both)) await database.fill(name, UNCOUNTED)
  const sides = Object.entries(both).map(([name, of]) => loginsBySide(name, of, { users, amount }))
  await inTurn(sides, { ...turns, rounds: 0 })
  const before = await spentBy(both)
  const samples = await inTurn(sides, { ...turns, warmUps: 0 })
  const after = await spentBy(both)
  const costs = (side: keyof typeof both, unit: string) => samples[side]?.[unit] ?? []
  const besides = (side: keyof typeof both) => {
    const steps = UNITS.flatMap((unit) => costs(side, unit))
    const within = steps.reduce((sum, { database }) => sum + database * amount, 0)
    return (after[side] - before[side] - within) / (steps.length * amount)
  }
  const shares = UNITS.flatMap((unit) =>
    Object.entries(PARTS).map(([part, of]): AuditShare => {
      const [withIt, without] = [costs('recorded', unit).map(of), costs('unrecorded', unit).map(of)]
      return {
        unit,
        part: part as AuditShare['part'],
        recorded: lowerQuartile(withIt),
        unrecorded: lowerQuartile(without),
        more: spread(withIt.map((cost, round) => cost - (without[round] ?? Number.NaN))),
        rounds: withIt.length,
      }
    }),
  )
  return {
    shares,
    besides: { recorded: besides('recorded'), unrecorded: besides('unrecorded') },
  }
}

const PARTS: Record<AuditShare['part'], (cost: Cost) => number> = {
  server: ({ cpu }) => cpu,
  PostgreSQL: ({ database }) => database,
  both: ({ cpu, database }) => cpu + database,
}

const spentBy = async ({ recorded, unrecorded }: Record<'recorded' | 'unrecorded', Measured>) => ({
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
