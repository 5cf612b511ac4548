import { inTurn, type Turns } from '../rounds.ts'
import type { Stand } from '../stand.ts'
import { type Cost, median, type Summary, summarise } from '../statistics.ts'
import { type Known, loginSide } from './logins.ts'

/** What the audit is of a login's cost, and that cost: the server's CPU time and PostgreSQL's time together. */
export interface AuditShare {
  unit: string
  share: Summary
  microseconds: number
  rounds: number
}

const UNITS = ['new, trusted address', 'returning'] as const

/** Nothing is recorded any more: what triggers cost is gone with them. */
const UNRECORDED = ['users', 'identities', 'sessions'].map(
  (table) => `alter table latchkey.${table} disable trigger user`,
)

/** Logins where events are recorded beside logins where none are, each on a database of its own. */
export async function measureAudit(
  on: Stand,
  { users, amount, turns }: Known & { turns: Turns },
): Promise<AuditShare[]> {
  const recorded = await on.latchkey({ users })
  const unrecorded = await on.latchkey({ name: 'unrecorded', users })
  await on.database.fill('unrecorded', UNRECORDED)
  const sides = Object.entries({ recorded, unrecorded }).map(([name, measured]) => {
    const { steps } = loginSide(name, measured, { users, amount })
    const kept = UNITS.map((unit) => [unit, steps[unit] as (typeof steps)[string]])
    return { name, steps: Object.fromEntries(kept) }
  })
  const samples = await inTurn(sides, turns)
  return UNITS.map((unit) => {
    const costs = (side: string) => (samples[side]?.[unit] ?? []).map(whole)
    const [withIt, without] = [costs('recorded'), costs('unrecorded')]
    const shares = withIt.map((cost, round) => 1 - (without[round] ?? Number.NaN) / cost)
    return {
      unit,
      share: summarise(shares),
      microseconds: median(withIt) - median(without),
      rounds: shares.length,
    }
  })
}

const whole = ({ cpu, database }: Cost) => cpu + database
