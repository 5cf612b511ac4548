import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** After the first answers, which it would hold up for some ten milliseconds. */
const TIDY_MS = 1_000

/**
 * Keeps V8's space for young objects as small as it begins: loading the modules would make 28 MiB of it,
 * for which nobody has any use who only waits. The flag is read whenever that space would grow. So small a space
 * is collected seventy times by then, each time sooner than another thread has woken up for its share of it: on
 * a busy machine waiting for that was half a second of a start.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--no-parallel-scavenge')
}

/**
 * Lets it grow again as load needs it, and gives back once what only the start needed: by itself V8 would
 * not look before the heap is many times as large.
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
