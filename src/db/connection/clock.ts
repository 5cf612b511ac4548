import type { RunStatement } from './run.ts'

/** How often the two clocks are compared. */
const COMPARE_MS = 60_000

/** The database's clock, kept by this process's monotonic one, which cannot be set. */
export interface DatabaseClock {
  /**
   * The time by the database's clock in `ms` from now, as a timestamp; far in the future while the
   * clock is not known.
   */
  in(ms: number): string
  /** Forgets what is known, for example after another server has taken over, and asks again. */
  compare(): void
  close(): void
}

/** A time that never comes; the driver does not accept `infinity`. */
const NEVER = '9999-12-31T00:00:00.000Z'

/** Compares the clocks at intervals, in the background. */
export function watchClock(query: RunStatement): DatabaseClock {
  let offset: number | null = null
  let asked = 0
  const compare = () => {
    const mine = ++asked
    const before = performance.now()
    query<{ now: number }>(
      'select (extract(epoch from clock_timestamp()) * 1000)::float8 as now',
      [],
    ).then(
      ([row]) => {
        // Counted from before the question was sent, so deadlines can be late by its way there, but
        // never early.
        if (mine === asked && row !== undefined) offset = row.now - before
      },
      () => {},
    )
  }
  const timer = setInterval(compare, COMPARE_MS).unref()
  return {
    in: (ms) => (offset === null ? NEVER : new Date(offset + performance.now() + ms).toISOString()),
    compare() {
      offset = null
      compare()
    },
    close: () => clearInterval(timer),
  }
}
