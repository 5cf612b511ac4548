import { isRunByNpm } from '../../settings/environment.ts'

/** How long requests in flight may take, in milliseconds. */
const DRAIN_MS = 30_000

/** How often it is looked whether the parent is still there. */
const PARENT_MS = 1_000

/** Runs `finish` before the process ends by a signal; resolves once it is done. */
export type EndAfter = (finish: () => Promise<void>) => Promise<void>

/**
 * Ends with 0 at SIGTERM, SIGINT or SIGHUP (a terminal that is closed): at once, or after what it was given, like
 * the requests in flight. Heard from the beginning, before anything is loaded, since the first process of a
 * container ends by no signal that it does not hear itself.
 *
 * npm passes a signal on to the shell that it runs scripts with, which ends by it and tells nobody: without its
 * shell, what npm runs would serve on, and keep the port from the next one.
 */
export function endOnSignal(): EndAfter {
  let finish = async () => {}
  const ended = new Promise<void>((resolve) => {
    let isEnding = false
    const onSignal = () => {
      if (isEnding) return
      isEnding = true
      setTimeout(() => process.exit(1), DRAIN_MS).unref()
      finish().then(
        () => {
          resolve()
          process.exit(0)
        },
        () => process.exit(1),
      )
    }
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal)
    if (isRunByNpm()) whenParentEnds(onSignal)
  })
  return (before) => {
    finish = before
    return ended
  }
}

/** Whoever has lost its parent is given another one. */
function whenParentEnds(act: () => void): void {
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) act()
  }, PARENT_MS).unref()
}
