import { unavailable } from './failures.ts'

/** For waiting for a connection and for what runs on it, together. */
const OPERATION_MS = 5_500
/** How long the server may take to answer after a cancel. */
const SILENCE_MS = 1_000
/** How often one timer checks the time of all operations, while there are any. */
const LOOK_MS = 50

/** The reason in the error if the server did not answer after a cancel either. */
export const SILENCE = 'silence'

/** A query of the driver. */
export interface Cancellable<T> extends PromiseLike<T> {
  cancel(): void
}

/** A piece of work at the database with a time limit. */
export interface Operation {
  /** @throws `temporarily_unavailable` once its time is over, so that nothing more is sent. */
  check(): void
  /**
   * Waits for a statement, and cancels it when the time is over, whether it waits or runs. Can be
   * used for several at once.
   */
  during<T>(query: Cancellable<T>): Promise<T>
  /** To be called when it has a connection: reports once how long it waited for one. */
  connected(): void
  /** How many milliseconds are left. */
  remainingMs(): number
}

/** The operations that run or wait at the database. */
export interface Operations {
  /**
   * Runs an operation. When its time is over, its current statement is cancelled and the true
   * outcome awaited for a moment: what was done is answered as done, and what is answered with 503
   * is not done later.
   */
  run<T>(work: (operation: Operation) => Promise<T>, limitMs?: number): Promise<T>
  pending(): number
}

/** Creates operations, of which at most `most` may be under way. */
export function createOperations(options: {
  most: number
  /** Called with the seconds that an operation waited for a connection. */
  waited(seconds: number): void
}): Operations {
  const running = new Set<Running>()
  let timer: NodeJS.Timeout | undefined

  /** Under load the same timer goes on, and operations need none of their own. */
  const look = () => {
    const now = performance.now()
    for (const operation of running) operation.look(now)
    if (running.size > 0) return
    clearInterval(timer)
    timer = undefined
  }

  return {
    run(work, limitMs = OPERATION_MS) {
      if (running.size >= options.most) {
        return Promise.reject(unavailable('The database is overloaded.', { reason: 'overload' }))
      }
      timer ??= setInterval(look, LOOK_MS)
      return new Promise((resolve, reject) => {
        const operation = begin(limitMs, options.waited, (error) => {
          running.delete(operation)
          reject(error)
        })
        running.add(operation)
        const settle = () => {
          running.delete(operation)
          operation.end()
        }
        work(operation).then(
          (result) => {
            settle()
            resolve(result)
          },
          (error) => {
            settle()
            reject(error)
          },
        )
      })
    },
    pending: () => running.size,
  }
}

/** An operation as the timer sees it. */
interface Running extends Operation {
  /** Cancels it if its time is over, and gives it up if the server does not answer after that. */
  look(now: number): void
  /** Ends it: nothing is sent for it any more. */
  end(): void
}

function begin(
  limitMs: number,
  waited: (seconds: number) => void,
  giveUp: (error: unknown) => void,
): Running {
  const startedAt = performance.now()
  const endsAt = startedAt + limitMs
  let isConnected = false
  let isOver = false
  let cancelledAt: number | null = null
  const current = new Set<Cancellable<unknown>>()
  return {
    check() {
      if (isOver) throw tooLate()
    },
    async during(query) {
      current.add(query)
      try {
        return await query
      } finally {
        current.delete(query)
      }
    },
    connected() {
      if (isConnected) return
      isConnected = true
      waited((performance.now() - startedAt) / 1000)
    },
    remainingMs: () => endsAt - performance.now(),
    look(now) {
      if (now < endsAt) return
      if (cancelledAt === null) {
        isOver = true
        cancelledAt = now
        for (const query of current) query.cancel()
      } else if (now >= cancelledAt + SILENCE_MS) {
        // If no statement is under way, this says nothing about the server.
        giveUp(tooLate(current.size === 0 ? 'timeout' : SILENCE))
      }
    },
    end() {
      isOver = true
    },
  }
}

const tooLate = (reason = 'timeout') =>
  unavailable('The database did not answer in time.', { reason })
