import { executionAsyncResource } from 'node:async_hooks'

/** Entries of the queue that `process.nextTick` keeps: one. */
const kept: object[] = []

/**
 * Keeps one entry of the queue of `process.nextTick` for ever. V8 forgets the shape of objects of which there is none
 * when it collects the whole heap; the function that makes these entries then takes, in Node 20, five times
 * as long for the rest of the process: it is called a dozen times for the least of requests.
 */
export function keepTickShape(): void {
  process.nextTick(() => {
    kept.push(executionAsyncResource())
  })
}
