// The parts that the benchmark uses of packages without types of their own.

declare module 'pg' {
  /** A pool that reads the PG* variables; better-auth takes it as it is. */
  export class Pool {
    constructor(options: { max: number })
  }
}

declare module 'autocannon' {
  interface Options {
    url: string
    connections: number
    /** Requests in all. */
    amount: number
    /** Milliseconds between its samples; it ends with one. */
    sampleInt: number
    requests: { path: string; headers?: Record<string, string> }[]
  }
  interface Result {
    '2xx': number
    non2xx: number
    errors: number
    timeouts: number
  }
  export default function autocannon(options: Options): Promise<Result>
}
