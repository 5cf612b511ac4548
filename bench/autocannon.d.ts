/** The part of autocannon, which has no types of its own, that the benchmark uses. */
declare module 'autocannon' {
  interface Options {
    url: string
    connections: number
    /** Requests in all. */
    amount: number
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
