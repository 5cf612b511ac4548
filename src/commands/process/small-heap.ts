import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Milliseconds: after the first answers, which the collection would delay by some ten milliseconds.
 */
const TIDY_MS = 1_000

/**
 * Keeps V8's space for young objects at its initial size. Loading the modules would grow it to 28
 * MiB, which an idle server does not need. (The flag is read whenever the space would grow.) So
 * small a space is collected seventy times during the start, each time faster than another thread
 * wakes up to help: on a busy machine, waiting for these threads took half a second of a start.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--no-parallel-scavenge')
}

/**
 * Lets the space grow again under load, and frees what only the start needed: by itself V8 would
 * not collect before the heap is many times larger.
 */
export function letHeapGrow(): void {
  setFlagsFromString('--semi-space-growth-factor=2')
  setFlagsFromString('--parallel-scavenge')
  setTimeout(() => {
    setFlagsFromString('--expose-gc')
    setFlagsFromString('--compact-on-every-full-gc')
    const collect: () => void = runInNewContext('gc')
    collect()
    setFlagsFromString('--no-compact-on-every-full-gc')
    setFlagsFromString('--no-expose-gc')
  }, TIDY_MS).unref()
}
