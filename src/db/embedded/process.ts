import { type ChildProcess, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerUser } from './folder.ts'

const KEPT_LINES = 40

/** The exit code that means that another process has the lock on the data folder. */
export const LOCKED = 97

/**
 * Replaces itself by the program in $3, after two things. It locks the data folder $1 for as long
 * as the program or a child of it lives; this also works between containers, where the process id
 * in postmaster.pid means nothing. And it leaves a watcher at the other end of our pipe: if this
 * process ends without notice, for whatever reason, the watcher asks the program for a fast
 * shutdown.
 */
const SCRIPT = `
data=$1 sockets=$2
shift 2
exec 9<"$data" || exit 1
if command -v flock >/dev/null; then
  flock -n -E ${LOCKED} 9
  case $? in
    ${LOCKED}) exit ${LOCKED} ;;
    0)
      # We hold the lock, so a pid file is stale, unless somebody started postgres here by hand.
      if [ -f "$data/postmaster.pid" ] && [ -d /proc/self ]; then
        pid=$(head -n 1 "$data/postmaster.pid")
        folder=$(cd "$data" && pwd -P)
        [ "$(readlink "/proc/$pid/cwd")" = "$folder" ] || rm -f "$data/postmaster.pid"
      fi ;;
  esac
fi
( (
  trap '' HUP INT TERM
  read -r word <&3 && exit
  kill -INT $$
  tries=0
  while [ -d "$sockets" ] && [ $tries -lt 100 ] && ! rmdir "$sockets"; do
    tries=$((tries + 1))
    sleep 0.1
  done
) 9<&- >/dev/null 2>&1 & )
exec 3<&-
exec "$@"
`

/** A program of PostgreSQL that cannot outlive this process. */
export interface WatchedProcess {
  /** Undefined if it could not be started at all. */
  pid: number | undefined
  /** The last lines it wrote, oldest first. */
  lines: string[]
  /** How it ended: `exit code 1`, `signal SIGKILL`, or why it did not start. Never rejects. */
  ended: Promise<string>
  /** Set once it has ended by itself. */
  exitCode(): number | null
  /** Lets this process end while the program runs; the watcher then stops the program. */
  release(): void
  /** Asks for a fast shutdown, then for faster ones. */
  stop(): Promise<void>
}

/** Starts a program on a data folder in a session of its own, so that Ctrl-C does not reach it. */
export function startWatched(options: {
  command: string
  args: string[]
  data: string
  sockets: string
  user: ServerUser | undefined
}): WatchedProcess {
  const { command, args, data, sockets, user } = options
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'latchkey', data, sockets, command, ...args], {
    cwd: '/',
    detached: true,
    // Without our environment: it has secrets, and PG* variables would change the server.
    env: { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    ...user,
  })
  const lines = keepLastLines(child)
  const watch = child.stdio[3] as Writable | null
  // The program can end before it has read from the pipe.
  watch?.on('error', () => undefined)

  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message))
    child.on('exit', async (code, signal) => {
      // One line, so that the watcher ends and does not signal a process id that may belong to
      // another process by now.
      watch?.end('ended\n')
      await Promise.race([new Promise((closed) => child.on('close', closed)), sleep(200)])
      resolve(signal ? `signal ${signal}` : `exit code ${code}`)
    })
  })

  const handles = [child, child.stderr, watch] as { ref?(): void; unref?(): void }[]
  return {
    pid: child.pid,
    lines,
    ended,
    exitCode: () => child.exitCode,
    release: () => {
      for (const handle of handles) handle.unref?.()
    },
    stop: async () => {
      for (const handle of handles) handle.ref?.()
      // Fast shutdown; then immediate, which costs a recovery at the next start; then a kill.
      for (const [signal, waitMs] of [
        ['SIGINT', 10_000],
        ['SIGQUIT', 5_000],
        ['SIGKILL', 1_000],
      ] as const) {
        if (child.exitCode !== null || child.signalCode !== null) break
        child.kill(signal)
        const timeout = new AbortController()
        await Promise.race([ended, sleep(waitMs, undefined, timeout).catch(() => undefined)])
        timeout.abort()
      }
      await ended
    },
  }
}

function keepLastLines(child: ChildProcess): string[] {
  const lines: string[] = []
  let rest = ''
  child.stderr?.setEncoding('utf8')
  child.stderr?.on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts.filter((line) => line.trim() !== ''))
    lines.splice(0, lines.length - KEPT_LINES)
  })
  return lines
}
