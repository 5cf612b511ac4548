import type { Cost } from './statistics.ts'

/** Work on a server; gives what each of its units cost. */
export type Step = () => Promise<Record<string, Cost>>

/** A server under test, with what is done to it in one round, in this order, the same in every round. */
export interface Side {
  name: string
  steps: Readonly<Record<string, Step>>
}

/** What was measured: by side and unit, the cost in each round. */
export type Samples = Record<string, Record<string, Cost[]>>

/** How often something is measured. */
export interface Turns {
  rounds: number
  /** Rounds before that, which are not kept. */
  warmUps: number
  /** After this time it is enough, where there are a few rounds. */
  seconds: number
}

/** Rounds without which no median is worth its name, where so many are asked for. */
const A_FEW = 3

/** The rounds that are to be done, those to warm up with negative numbers. */
export function* roundsOf({ rounds, warmUps, seconds }: Turns): Generator<number> {
  const began = performance.now()
  const isOver = (share: number) => performance.now() - began > seconds * 1000 * share
  for (let round = -warmUps; round < 0; round++) {
    if (round > -warmUps && isOver(1 / 3)) break
    yield round
  }
  for (let round = 0; round < rounds; round++) {
    if (round >= A_FEW && isOver(1)) return
    yield round
  }
}

/**
 * Warms all sides up, with as many steps on each, then measures them step by step, each step on every side that has it right after
 * the other. Who begins changes with the round, so that nobody always comes after the same.
 */
export async function inTurn(sides: readonly Side[], turns: Turns): Promise<Samples> {
  const samples: Samples = Object.fromEntries(sides.map(({ name }) => [name, {}]))
  const steps = new Set(sides.flatMap((side) => Object.keys(side.steps)))
  for (const round of roundsOf(turns)) {
    for (const step of steps) {
      for (let place = 0; place < sides.length; place++) {
        const side = sides[(place + round + turns.warmUps) % sides.length] as Side
        if (round >= 0) keep(samples[side.name] ?? {}, (await side.steps[step]?.()) ?? {})
        else await warmUp(side, step)
      }
    }
  }
  return samples
}

/** Does all steps of a side once, without a look at what they cost. */
export async function doOnce({ steps }: Side): Promise<void> {
  for (const step of Object.values(steps)) await step()
}

/** A side that has fewer steps does its first one in place of those that it has not. */
async function warmUp({ steps }: Side, step: string): Promise<void> {
  await (steps[step] ?? Object.values(steps)[0])?.()
}

function keep(kept: Record<string, Cost[]>, costs: Record<string, Cost>): void {
  for (const [unit, cost] of Object.entries(costs)) {
    kept[unit] ??= []
    kept[unit].push(cost)
  }
}
