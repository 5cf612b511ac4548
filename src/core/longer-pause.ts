const LONGEST_MS = 1_000

/**
 * The pause before the next look at what somebody else is doing, half as long again as the one before: many
 * who wait for one slow provider ask the database little.
 */
export const longerPause = (ms: number): number => Math.min(ms * 1.5, LONGEST_MS)
