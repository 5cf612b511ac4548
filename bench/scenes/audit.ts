import { inTurn, type Turns } from '../rounds.ts'
import type { Stand } from '../stand.ts'
import { type Cost, lowerQuartile } from '../statistics.ts'
import { type Known, loginSide } from './logins.ts'

/** What the audit is of a login's cost: of the server's CPU time and PostgreSQL's time together. */
export interface AuditShare {
  unit: string
  share: number
  /** Of the audit, and of the whole login. */
  microseconds: { audit: number; login: number }
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
    const login = lowerQuartile(costs('recorded'))
    const audit = login - lowerQuartile(costs('unrecorded'))
    const rounds = costs('recorded').length
    return { unit, share: audit / login, microseconds: { audit, login }, rounds }
  })
}

const whole = ({ cpu, database }: Cost) => cpu + database
