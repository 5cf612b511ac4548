import type { ServerProcess } from './server-process.ts'

/** What is done to a server, and how often. */
export interface Side {
  server: ServerProcess
  /** Does `amount` units of work. */
  work(amount: number): Promise<unknown>
}

/** CPU time of two servers for one unit of the same work. */
export interface Comparison {
  /** Median over the rounds, in microseconds. */
  latchkey: number
  bare: number
  /** Median, smallest and largest of the ratios within one round. */
  ratio: number
  least: number
  most: number
}

/** Warms both sides up, then measures them in turn, the order changing with every round. */
export async function compare(
  latchkey: Side,
  bare: Side,
  { rounds, amount, warmUp }: { rounds: number; amount: number; warmUp: number },
): Promise<Comparison> {
  for (const side of [latchkey, bare]) await side.work(warmUp)
  const measured: { latchkey: number; bare: number; ratio: number }[] = []
  for (let round = 0; round < rounds; round++) {
    const costs = new Map<Side, number>()
    for (const side of round % 2 === 0 ? [latchkey, bare] : [bare, latchkey]) {
      costs.set(side, await measure(side, amount))
    }
    const [ours, theirs] = [costs.get(latchkey) ?? 0, costs.get(bare) ?? 0]
    measured.push({ latchkey: ours, bare: theirs, ratio: ours / theirs })
  }
  const ratios = measured.map(({ ratio }) => ratio)
  return {
    latchkey: median(measured.map((round) => round.latchkey)),
    bare: median(measured.map((round) => round.bare)),
    ratio: median(ratios),
    least: Math.min(...ratios),
    most: Math.max(...ratios),
  }
}

async function measure({ server, work }: Side, amount: number): Promise<number> {
  const before = await server.cpu()
  await work(amount)
  return ((await server.cpu()) - before) / amount
}

/** The middle one of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const half = sorted.length / 2
  return ((sorted[Math.floor(half)] ?? 0) + (sorted[Math.ceil(half) - 1] ?? 0)) / 2
}
