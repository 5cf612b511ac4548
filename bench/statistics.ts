/** What one unit of work cost in one round. */
export interface Cost {
  /** Microseconds of CPU of the server process. */
  cpu: number
  /** Microseconds of PostgreSQL's time in statements. */
  database: number
  /** Statements that PostgreSQL ran. */
  statements: number
}

/** Some numbers in one: their middle, the smallest and the largest. */
export interface Summary {
  median: number
  least: number
  most: number
}

/** The middle one of some numbers; of two middle ones the mean. NaN of none. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const half = (sorted.length - 1) / 2
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.floor(half)], sorted[Math.ceil(half)]]
  return (low + high) / 2
}

/** What a quarter of some numbers does not exceed: busy moments of the machine only add. */
export const lowerQuartile = (numbers: readonly number[]): number => quantile(numbers, 1 / 4)

/** The middle one, and between what the middle half is. */
export const spread = (numbers: readonly number[]): Summary => ({
  median: median(numbers),
  least: lowerQuartile(numbers),
  most: quantile(numbers, 3 / 4),
})

function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN
}

/** Median and range. */
const summarise = (numbers: readonly number[]): Summary => ({
  median: median(numbers),
  least: Math.min(...numbers),
  most: Math.max(...numbers),
})

/** The median of each part of some costs. */
export const medianCost = (costs: readonly Cost[]): Cost => ({
  cpu: median(costs.map(({ cpu }) => cpu)),
  database: median(costs.map(({ database }) => database)),
  statements: median(costs.map(({ statements }) => statements)),
})

/** How many times the second the first is, round by round: what a busy moment adds to both cancels out. */
export const ratioByRound = (over: readonly number[], under: readonly number[]): Summary =>
  summarise(over.map((value, round) => value / (under[round] ?? Number.NaN)))

/** The costs of several units, round by round, as one. */
export function addCosts(parts: readonly (readonly Cost[])[]): Cost[] {
  const [first = [], ...others] = parts
  return first.map((cost, round) =>
    others.reduce((sum, other) => {
      const { cpu, database, statements } = other[round] as Cost
      return {
        cpu: sum.cpu + cpu,
        database: sum.database + database,
        statements: sum.statements + statements,
      }
    }, cost),
  )
}

/** What a figure is to be: at most that much, or at least. */
export type Target = { atMost: number } | { atLeast: number }

/** Whether a figure is as it is to be. */
export const isReached = (figure: number, target: Target): boolean =>
  'atMost' in target ? figure <= target.atMost : figure >= target.atLeast
