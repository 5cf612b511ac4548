import { onTestFinished, vi } from 'vitest'

const steady = performance.now.bind(performance)
let aheadMs = 0
let heldAt: number | null = null

/**
 * Lets this process's steady clock run ahead, more with each call. It never goes back, in no later test
 * either. The other clock, which people set, stays.
 */
export function letPass(ms: number): void {
  aheadMs += ms
  performance.now = () => heldAt ?? steady() + aheadMs
}

/** Lets the steady clock stand still until the test ends. */
export function holdTime(): void {
  letPass(0)
  heldAt = performance.now()
  onTestFinished(() => {
    heldAt = null
  })
}

/** Sets the clock that people set, until the test ends; it stands still there. The steady one goes on. */
export function setClock(now: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now })
  onTestFinished(() => void vi.useRealTimers())
}
