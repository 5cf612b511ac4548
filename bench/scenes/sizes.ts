import type { StatementSpent } from '../database.ts'
import type { Measured } from '../meter.ts'
import { doOnce, roundsOf, type Side, type Turns } from '../rounds.ts'
import { ratioByRound, type Summary } from '../statistics.ts'

/** One statement in a small and in a large database. */
export interface Growth {
  statement: string
  calls: number
  /** Median ratio of its time, large over small, and the blocks that one run touches in both. */
  ratio: Summary
  blocks: { small: number; large: number }
  /** Microseconds of one run. */
  time: { small: number; large: number }
}

type Spent = Map<string, StatementSpent>

/** Does the same to both in turn and compares what each statement cost, round by round. */
export async function measureGrowth(
  small: { measured: Measured; sides: Side[] },
  large: { measured: Measured; sides: Side[] },
  turns: Turns,
): Promise<Growth[]> {
  const found = new Map<string, { small: StatementSpent[]; large: StatementSpent[] }>()
  let rounds = 0
  for (const round of roundsOf(turns)) {
    const costs = { small: new Map() as Spent, large: new Map() as Spent }
    for (const size of round % 2 === 0
      ? (['small', 'large'] as const)
      : (['large', 'small'] as const)) {
      const { measured, sides } = size === 'small' ? small : large
      const before = await spent(measured)
      for (const side of sides) await doOnce(side)
      costs[size] = since(before, await spent(measured))
    }
    if (round < 0) continue
    rounds++
    for (const [text, cost] of costs.small) {
      const other = costs.large.get(text)
      if (other === undefined) continue
      const pair = found.get(text) ?? { small: [], large: [] }
      pair.small.push(cost)
      pair.large.push(other)
      found.set(text, pair)
    }
  }
  return (
    [...found]
      // Those that read or write tables, in every round.
      .filter(([text, pair]) => pair.small.length === rounds && /latchkey"?\./.test(text))
      .filter(([, pair]) => calls(pair.small) >= rounds * 4)
      .map(([text, pair]) => ({
        statement: nameOfStatement(text),
        calls: calls(pair.small) + calls(pair.large),
        ratio: ratioByRound(pair.large.map(timeOf), pair.small.map(timeOf)),
        blocks: { small: each(pair.small, 'blocks'), large: each(pair.large, 'blocks') },
        time: { small: each(pair.small, 'microseconds'), large: each(pair.large, 'microseconds') },
      }))
      .sort((a, b) => b.ratio.median - a.ratio.median)
  )
}

const timeOf = ({ microseconds, calls }: StatementSpent) => microseconds / calls
const calls = (list: readonly StatementSpent[]) => list.reduce((sum, one) => sum + one.calls, 0)
const each = (list: readonly StatementSpent[], what: 'blocks' | 'microseconds') =>
  list.reduce((sum, one) => sum + one[what], 0) / calls(list)

const spent = async ({ database, name }: Measured): Promise<Spent> =>
  new Map((await database.spentByStatement(name)).map((one) => [one.text, one]))

/** What was spent between two readings. */
function since(before: Spent, after: Spent): Spent {
  const spent: Spent = new Map()
  for (const [text, now] of after) {
    const was = before.get(text) ?? { calls: 0, microseconds: 0, blocks: 0 }
    const calls = now.calls - was.calls
    if (calls === 0) continue
    const microseconds = now.microseconds - was.microseconds
    spent.set(text, { text, calls, microseconds, blocks: now.blocks - was.blocks })
  }
  return spent
}

/** A statement by what it does to which tables, in its order: `insert identities, users; read sessions`. */
export function nameOfStatement(text: string): string {
  const done = new Map<string, Set<string>>()
  const verb = /(insert into|update|delete from|from|join)\s+(?:"?latchkey"?\.)"?(\w+)"?/g
  for (const [, word = '', table = ''] of text.matchAll(verb)) {
    const [does = ''] = word.split(' ')
    const name = does === 'from' || does === 'join' ? 'read' : does
    done.set(name, (done.get(name) ?? new Set()).add(table))
  }
  const parts = [...done].map(([name, tables]) => `${name} ${[...tables].join(', ')}`)
  return parts.join('; ') || text.replace(/\s+/g, ' ').slice(0, 60)
}
