import { unavailable } from './failures.ts'

/** Waiting for a connection and what runs on it, together. */
const OPERATION_MS = 5_500
/** After the cancel, how long the server may take to say what came of it. */
const SILENCE_MS = 1_000
/** How often one timer looks at the time of all operations, while there are any. */
const LOOK_MS = 50

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
  /** Waits for a statement, and cancels it when the time is over, waiting or running; of several each. */
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
  const running = new Set<Running>()
  let timer: NodeJS.Timeout | undefined

  /** Under load the timer goes on, and no operation costs one. */
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

/** An operation, as what watches its time sees it. */
interface Running extends Operation {
  /** Cancels it where its time is over, and gives it up where the server stays silent after that. */
  look(now: number): void
  /** Nothing is sent for it any more. */
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
        // One that waited for its turn says nothing of the server.
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
