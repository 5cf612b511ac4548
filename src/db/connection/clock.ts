import type { RunStatement } from './run.ts'

/** How often the two clocks are compared. */
const COMPARE_MS = 60_000

/** The database's clock, by this process's steady one, which nobody sets. */
export interface DatabaseClock {
  /** A moment of the database's clock, `ms` from now, as a timestamp; far away while it is not known. */
  in(ms: number): string
  /** Forgets what is known, for example where another server has taken over, and asks again. */
  compare(): void
  close(): void
}

/** A moment that does not come; the driver takes no `infinity`. */
const NEVER = '9999-12-31T00:00:00.000Z'

/** Compares the clocks now and then, in the background. */
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
        // The answer is older than now, never newer: deadlines are late by that, never early.
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
