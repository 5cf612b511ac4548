import { unavailable } from './failures.ts'

/** Waiting for a connection and what runs on it, together. */
const OPERATION_MS = 5_500
/** After the cancel, how long the server may take to say what came of it. */
const SILENCE_MS = 1_000

/** The reason in the error where the server did not answer a cancel either. */
export const SILENCE = 'silence'

/** A query of the driver. */
export interface Cancellable<T> extends PromiseLike<T> {
  cancel(): void
}

/** One thing that is asked of the database, under a time limit. */
export interface Operation {
  /** @throws `temporarily_unavailable` once its time is over: nothing more is sent. */
  check(): void
  /** Waits for a statement, and cancels it when the time is over, waiting or running. */
  during<T>(query: Cancellable<T>): Promise<T>
  /** It has a connection: told once, of the time that it waited for one. */
  connected(): void
  /** Milliseconds that are left. */
  remainingMs(): number
}

/** What runs and waits at the database. */
export interface Operations {
  /**
   * Runs an operation. When its time is over, what it is at is cancelled and its true outcome awaited
   * for a moment: what was done is answered as done, and what is answered 503 is not done later.
   */
  run<T>(work: (operation: Operation) => Promise<T>, limitMs?: number): Promise<T>
  pending(): number
}

/** Operations, at `most` at once. */
export function createOperations(options: {
  most: number
  /** Told how many seconds an operation waited for a connection. */
  waited(seconds: number): void
}): Operations {
  let running = 0
  return {
    async run(work, limitMs = OPERATION_MS) {
      if (running >= options.most) {
        throw unavailable('The database is overloaded.', { reason: 'overload' })
      }
      running += 1
      const begin = performance.now()
      const end = begin + limitMs
      let isConnected = false
      let isOver = false
      let current: Cancellable<unknown> | null = null
      let timer: NodeJS.Timeout | undefined
      const silence = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          isOver = true
          current?.cancel()
          timer = setTimeout(() => {
            // One that waited for its turn says nothing of the server.
            reject(tooLate(current === null ? 'timeout' : SILENCE))
          }, SILENCE_MS)
        }, limitMs)
      })
      const operation: Operation = {
        check() {
          if (isOver) throw tooLate()
        },
        async during(query) {
          current = query
          try {
            return await query
          } finally {
            if (current === query) current = null
          }
        },
        connected() {
          if (isConnected) return
          isConnected = true
          options.waited((performance.now() - begin) / 1000)
        },
        remainingMs: () => end - performance.now(),
      }
      try {
        return await Promise.race([work(operation), silence])
      } finally {
        isOver = true
        clearTimeout(timer)
        running -= 1
      }
    },
    pending: () => running,
  }
}

const tooLate = (reason = 'timeout') =>
  unavailable('The database did not answer in time.', { reason })
