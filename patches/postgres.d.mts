/** One place of the driver that is mended; see `postgres.mjs`. */
export interface Hunk {
  file: string
  why: string
  upstream: string
  from: string
  to: string
}

export const VERSION: string
export const HUNKS: readonly Hunk[]
