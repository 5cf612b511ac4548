import { closeSync, constants, fstatSync, openSync, write, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { prettyLine } from './pretty-line.ts'

/** A system call for every line is a good part of what a request costs: lines wait for others. */
const BATCH_MS = 100
const BATCH = 8_192
/** So much is kept where it cannot be written, in characters; what comes then is dropped. */
const MOST_KEPT = 1_048_576
const AGAIN_MS = 1_000

/** Where log lines go. */
export interface LogStream {
  write(line: string): void
}

/**
 * Standard output, written some lines at a time: they wait 100 ms at most, and are written when the process
 * ends. A full disk, a reader that is gone or one that stands still costs lines and nothing else: it is told
 * on standard error, tried again, and said in the log how many are missing.
 */
export function standardOutput(format: 'json' | 'pretty' | null = null): LogStream {
  const isPretty = format === 'pretty' || (format === null && isatty(1))
  const fd = withoutWaiting(1)
  let waiting = ''
  let dropped = 0
  let batch: Buffer | null = null
  let timer: NodeJS.Timeout | undefined
  let isTold = false

  const later = (work: () => void, ms: number) => {
    clearTimeout(timer)
    timer = setTimeout(work, ms).unref()
  }
  const begin = () => {
    clearTimeout(timer)
    timer = undefined
    if (batch !== null || waiting === '') return
    batch = Buffer.from(waiting)
    waiting = ''
    go()
  }
  const go = () => {
    timer = undefined
    if (batch === null) return
    write(fd, batch, 0, batch.length, null, (error, written) => {
      if (error !== null) return failed(error)
      batch = batch?.subarray(written) ?? null
      if (batch !== null && batch.length > 0) return go()
      batch = null
      isTold = false
      if (dropped > 0) {
        waiting += shown(missing(dropped))
        dropped = 0
      }
      if (waiting !== '') later(begin, waiting.length < BATCH ? BATCH_MS : 0)
    })
  }
  const failed = ({ code }: NodeJS.ErrnoException) => {
    later(go, code === 'EAGAIN' ? BATCH_MS : AGAIN_MS)
    if (isTold || code === 'EAGAIN') return
    isTold = true
    const what = `Log lines cannot be written to standard output (${code}); Latchkey goes on without.\n`
    process.stderr.write(what)
  }
  const shown = (line: string) => (isPretty ? prettyLine(line) : line)

  process.on('exit', () => {
    try {
      if (batch !== null && timer !== undefined) writeSync(fd, batch)
      if (waiting !== '') writeSync(fd, waiting)
    } catch {
      // Nobody is left to be told.
    }
  })
  return {
    write(line) {
      if (waiting.length > MOST_KEPT) {
        dropped++
        return
      }
      waiting += shown(line)
      if (batch !== null) return
      if (waiting.length >= BATCH) begin()
      else timer ??= setTimeout(begin, BATCH_MS).unref()
    },
  }
}

/** What the log says of lines that are not in it. */
const missing = (lines: number) =>
  `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), event: 'log_lines_dropped', lines, msg: 'log lines could not be written' })}\n`

/**
 * A pipe whose reader stands still holds whoever writes to it, even the end of the process: where the system
 * gives us a descriptor of our own for it, that one says `EAGAIN` instead.
 */
function withoutWaiting(fd: number): number {
  try {
    if (!fstatSync(fd).isFIFO()) return fd
    const own = openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK)
    if (fstatSync(own).ino === fstatSync(fd).ino) return own
    closeSync(own)
  } catch {
    // As it is, then.
  }
  return fd
}
