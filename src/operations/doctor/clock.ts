import type { Outbound } from '../../upstream/outbound/outbound.ts'
import { type Finding, warning, wrong } from './findings.ts'
import type { DoctorTexts } from './texts/texts.ts'

/** The differences in seconds from which ID tokens are refused, and from which the doctor warns. */
const SKEW_WRONG = 60
const SKEW_WORTH_A_WORD = 20

/** Wraps calls so that they note by how many seconds the other side's clock is ahead of ours. */
export function watchClock(outbound: Outbound): { outbound: Outbound; clocks: number[] } {
  const clocks: number[] = []
  return {
    clocks,
    outbound: {
      ...outbound,
      async get(...call) {
        const before = Date.now()
        const answer = await outbound.get(...call)
        const there = Date.parse(answer.date ?? '')
        // The header has whole seconds.
        if (!Number.isNaN(there)) clocks.push((there + 500 - (before + Date.now()) / 2) / 1000)
        return answer
      },
    },
  }
}

/**
 * Judges the clocks that were seen; if there were none, calls `fallback`, any answer of which shows
 * one.
 */
export async function checkClock(
  clocks: number[],
  outbound: Outbound,
  fallback: string | undefined,
  words: DoctorTexts,
): Promise<Finding[]> {
  if (clocks.length === 0 && fallback !== undefined) {
    await outbound.get(fallback, 'clock').catch(() => undefined)
  }
  // The smallest one: a slow answer makes the difference look larger than it is.
  const skew = Math.round(clocks.sort((a, b) => Math.abs(a) - Math.abs(b))[0] ?? 0)
  if (Math.abs(skew) > SKEW_WRONG) return [wrong(words.skew(skew))]
  return Math.abs(skew) > SKEW_WORTH_A_WORD ? [warning(words.skew(skew))] : []
}
