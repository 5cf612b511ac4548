const LONGEST_MS = 1_000

/**
 * The pause before asking again what another request is doing, half as long again as the one
 * before: many requests that wait for one slow provider then ask the database little.
 */
export const longerPause = (ms: number): number => Math.min(ms * 1.5, LONGEST_MS)
