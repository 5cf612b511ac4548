import type { Samples } from './rounds.ts'
import { readUnit } from './scenes/reads.ts'
import type { Starts } from './scenes/starts.ts'
import type { Throughput } from './scenes/throughput.ts'
import {
  type Cost,
  median,
  medianCost,
  ratioByRound,
  type Summary,
  type Target,
} from './statistics.ts'

/** One line of the table. */
export interface Figure {
  unit: string
  /** As it is shown: `1234 µs`. */
  latchkey: string
  beside: string
  /** What it was measured beside. */
  side: string
  ratio: Summary | null
  /** How often it was measured. */
  rounds: number
  target: Target | null
  /** What is compared with the target. */
  value: number
  /** PostgreSQL's time and statements for one unit, of Latchkey and of what is beside it. */
  database: string
}

const MINIMUM = 'minimum'
const BETTER_AUTH = 'better-auth'

/** Unit as it was measured, its title, what it is beside, the target. */
type Line = [unit: string, title: string, side: string, target: Target | null]

const LINES: Line[] = [
  ['new, trusted address', 'login, new person, trusted verified address', MINIMUM, { atMost: 2 }],
  ['new, untrusted address', 'login, new person, untrusted address', MINIMUM, { atMost: 2 }],
  ['returning', 'login, person who was here', MINIMUM, { atMost: 1.7 }],
  ['join', 'login that joins an account', MINIMUM, null],
  ['app path', 'whole app path', MINIMUM, { atMost: 2 }],
  ['app path, openid', 'whole app path, openid', MINIMUM, { atMost: 2 }],
  ['redeem', 'redeem a code', MINIMUM, null],
  ['redeem, openid', 'redeem a code, openid', MINIMUM, null],
  ['refresh', 'refresh', MINIMUM, null],
  ['refresh, openid', 'refresh, openid', MINIMUM, null],
  ...([1, 16, 32] as const).map(
    (many): Line => [
      readUnit(many),
      many === 1 ? 'GET /me, alone' : `GET /me, ${many} at once`,
      'bare route',
      { atMost: many === 1 ? 1.3 : 1.15 },
    ],
  ),
  ['new, trusted address', 'login, new person', BETTER_AUTH, { atLeast: 5 }],
  ['returning', 'login, person who was here', BETTER_AUTH, { atLeast: 5 }],
  [readUnit(16), 'GET /me, 16 at once, beside get-session', BETTER_AUTH, { atLeast: 20 }],
]

/** With limits beside without. */
const LIMITED: Line[] = [
  ['returning', 'login, person who was here, RATE_LIMIT=on', 'RATE_LIMIT=off', null],
]

/** The lines of what was measured. */
export function comparisons(samples: Samples): Figure[] {
  const lines = LINES.flatMap((line) => compare(line, samples.Latchkey, samples[line[2]]))
  const limited = LIMITED.flatMap((line) =>
    compare(line, samples['RATE_LIMIT=on'], samples.Latchkey),
  )
  return [...lines, ...limited]
}

/** One build beside another: what each unit costs now. */
export function againstFigures(samples: Samples): Figure[] {
  const [ours = {}, theirs] = [samples.Latchkey, samples.other]
  return Object.keys(ours).flatMap((unit) =>
    compare([unit, unit, 'the other build', { atMost: 1.03 }], ours, theirs),
  )
}

function compare(
  [unit, title, side, target]: Line,
  ours: Record<string, Cost[]> | undefined,
  theirs: Record<string, Cost[]> | undefined,
): Figure[] {
  const [mine, other] = [ours?.[unit], theirs?.[unit]]
  if (mine === undefined || other === undefined) return []
  const cpu = (costs: readonly Cost[]) => costs.map((cost) => cost.cpu)
  const isToBeDearer = target !== null && 'atLeast' in target
  const ratio = isToBeDearer
    ? ratioByRound(cpu(other), cpu(mine))
    : ratioByRound(cpu(mine), cpu(other))
  const [a, b] = [medianCost(mine), medianCost(other)]
  return [
    {
      ...{ unit: title, side, ratio, rounds: mine.length, target, value: ratio.median },
      latchkey: micro(a.cpu),
      beside: micro(b.cpu),
      database: `${micro(a.database)} in ${few(a.statements)} / ${micro(b.database)} in ${few(b.statements)}`,
    },
  ]
}

const micro = (value: number) => `${value.toFixed(0)} µs`
const few = (value: number) => Number(value.toFixed(1)).toString()

/** Logins in a second by two processes and by one. */
export function throughputFigure({ one, two }: Throughput): Figure {
  const ratio = ratioByRound(two, one)
  return {
    ...{ unit: 'logins in a second, two processes', side: 'one process', ratio },
    ...{ rounds: one.length, target: null },
    latchkey: `${median(two).toFixed(0)}/s`,
    beside: `${median(one).toFixed(0)}/s`,
    value: ratio.median,
    database: '',
  }
}

/** Starts and memory, which are beside nothing. */
export function startFigures({ cold, warm, idle }: Starts, withDatabase: number): Figure[] {
  const alone = (unit: string, values: number[], word: string, atMost: number): Figure => {
    const value = median(values)
    return {
      ...{ unit, latchkey: `${value.toFixed(0)} ${word}`, beside: '', side: '', ratio: null },
      rounds: values.length,
      ...{ target: { atMost }, value, database: '' },
    }
  }
  const mebi = (bytes: number) => bytes / 2 ** 20
  return [
    alone('start to first answer, warm', warm, 'ms', 1_000),
    alone('start to first answer, empty folder', cold, 'ms', 1_500),
    alone('idle memory, no setting', idle.map(mebi), 'MiB', 95),
    alone('idle memory, DATABASE_URL set', [mebi(withDatabase)], 'MiB', 95),
  ]
}
