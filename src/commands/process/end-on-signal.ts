/** For how long what is in flight may take. */
const DRAIN_MS = 30_000

/** What is done before the process ends by a signal; resolves once it is done. */
export type EndAfter = (finish: () => Promise<void>) => Promise<void>

/**
 * Ends with 0 at SIGTERM or SIGINT: at once, or after what it was given, like the requests in flight. Heard from
 * the beginning, before anything is loaded, since the first process of a container ends by no signal that it
 * does not hear itself.
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
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
  })
  return (before) => {
    finish = before
    return ended
  }
}
