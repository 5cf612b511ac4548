import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WatchedProcess } from './process.ts'

/** The pause between two tries to start the server again: at first, and at most. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 5_000

/** Keeps a server running. */
export interface Supervision {
  /**
   * Resolves when the server was stopped by `stop()`; if it ends in any other way, it is started
   * again.
   */
  ended: Promise<void>
  stop(): Promise<void>
}

/**
 * Starts a server again, in the same folders, each time it ends unexpectedly, so that connections
 * can be made again. Every end and every restart is logged; of several failed tries in a row, one.
 */
export function supervise(
  first: WatchedProcess,
  options: {
    start(): Promise<WatchedProcess>
    sockets: string
    path: string
    log: (line: string) => void
  },
): Supervision {
  const { start, sockets, path, log } = options
  let isStopping = false
  let server: WatchedProcess | null = first

  async function again(): Promise<WatchedProcess | null> {
    let pauseMs = FIRST_PAUSE_MS
    let isTold = false
    while (!isStopping) {
      await sleep(pauseMs, undefined, { ref: false })
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
      if (isStopping) break
      try {
        return await start()
      } catch (error) {
        if (!isTold) log((error as Error).message)
        isTold = true
      }
    }
    return null
  }

  async function watch(): Promise<void> {
    while (server !== null) {
      const running: WatchedProcess = server
      running.release()
      const ending = await running.ended
      if (isStopping) break
      const words = running.lines.join('\n')
      log(
        `The embedded database in ${path} ended unexpectedly (${ending}); it is started again. Its last words:\n${words}`,
      )
      server = await again()
      if (server !== null && !isStopping) log(`The embedded database in ${path} is back.`)
    }
    if (server !== null) await server.stop()
    await rm(sockets, { recursive: true, force: true })
  }

  const ended = watch()
  return {
    ended,
    async stop() {
      isStopping = true
      await server?.stop()
      await ended
    },
  }
}
