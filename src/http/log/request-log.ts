import type { FastifyBaseLogger } from 'fastify'

type Bound = Parameters<FastifyBaseLogger['child']>[0]

/**
 * The log of a request, whose lines carry its bindings. It is made when it is first written to:
 * most requests log nothing, and a pino child logger is expensive.
 */
export function createRequestLog(parent: FastifyBaseLogger, bound: Bound): FastifyBaseLogger {
  return new RequestLog(parent, bound) as unknown as FastifyBaseLogger
}

class RequestLog {
  readonly #parent: FastifyBaseLogger
  readonly #bound: Bound
  #made: FastifyBaseLogger | null = null

  constructor(parent: FastifyBaseLogger, bound: Bound) {
    this.#parent = parent
    this.#bound = bound
  }

  get made(): FastifyBaseLogger {
    this.#made ??= this.#parent.child(this.#bound)
    return this.#made
  }

  get level(): string {
    return this.#parent.level
  }

  child(...given: Parameters<FastifyBaseLogger['child']>): FastifyBaseLogger {
    return this.made.child(...given)
  }
}

for (const level of ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const) {
  Object.defineProperty(RequestLog.prototype, level, {
    value(this: RequestLog, ...line: [object, string]) {
      this.made[level](...line)
    },
  })
}
