import { executionAsyncResource } from 'node:async_hooks'

/** The entry of the `process.nextTick` queue that is kept. */
const kept: object[] = []

/**
 * Keeps one entry of the `process.nextTick` queue for ever. V8 forgets an object's shape if a full
 * collection finds no object of it. Node 20's function that makes these entries is then five times
 * slower for the rest of the process, and even the smallest request calls it a dozen times.
 */
export function keepTickShape(): void {
  process.nextTick(() => {
    kept.push(executionAsyncResource())
  })
}
