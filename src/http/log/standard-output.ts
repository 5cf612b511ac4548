import { fstatSync, write, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { prettyLine } from './pretty-line.ts'

/**
 * Lines are collected before they are written: a system call per line is a large part of a
 * request's cost.
 */
const BATCH_MS = 100
const BATCH = 8_192
/** How many characters are kept while nothing can be written; further lines are dropped. */
const MOST_KEPT = 1_048_576
const AGAIN_MS = 1_000
/** How long the end of the process waits for a slow reader, in milliseconds. */
const LAST_MS = 1_000
const LAST_AGAIN_MS = 10
/** How long it waits for a write to a file, in milliseconds: far longer than one takes. */
const UNDER_WAY_MS = 100

/** Where log lines go. */
export interface LogStream {
  write(line: string): void
}

/**
 * Standard output, written several lines at a time: a line waits 100 ms at most, and all are
 * written when the process ends. A full disk, or a reader that is gone or stuck, costs lines and
 * nothing else. That is reported on standard error and tried again, and the log then says how many
 * lines are missing.
 */
export function standardOutput(format: 'json' | 'pretty' | null = null): LogStream {
  const isPretty = format === 'pretty' || (format === null && isatty(1))
  const put = neverWaits() ? putAtOnce : (bytes: Buffer, done: Done) => write(1, bytes, done)
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
    put(batch, (error, written) => {
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
    const isUnderWay = batch !== null && timer === undefined
    // This write cannot be taken back and finishes before the process ends, but later lines must
    // not overtake it.
    if (isUnderWay) rest(UNDER_WAY_MS)
    const begun = isUnderWay ? null : batch
    const told = dropped > 0 ? shown(missing(dropped)) : ''
    putLast(Buffer.concat([begun ?? Buffer.alloc(0), Buffer.from(waiting + told)]))
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

/** The line that says how many lines are missing from the log. */
const missing = (lines: number) =>
  `${JSON.stringify({ level: 'warn', time: new Date().toISOString(), event: 'log_lines_dropped', lines, msg: 'log lines could not be written' })}\n`

type Done = (error: NodeJS.ErrnoException | null, written: number) => void

/**
 * A pipe or socket whose reader is stuck would block whoever writes to it, even the end of the
 * process. Node makes it non-blocking (`EAGAIN`) when its stream is created. A file is written
 * asynchronously.
 */
function neverWaits(): boolean {
  const kind = fstatSync(1)
  return (kind.isFIFO() || kind.isSocket()) && process.stdout.writable
}

function putAtOnce(bytes: Buffer, done: Done): void {
  let written = 0
  let problem: NodeJS.ErrnoException | null = null
  try {
    written = writeSync(1, bytes)
  } catch (error) {
    problem = error as NodeJS.ErrnoException
  }
  done(problem, written)
}

/** Waits and blocks everything else. */
function rest(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

/** Writes and blocks everything else: nothing else can be done any more. */
function putLast(bytes: Buffer): void {
  const end = performance.now() + LAST_MS
  let left = bytes
  while (left.length > 0) {
    try {
      left = left.subarray(writeSync(1, left))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > end) return
      rest(LAST_AGAIN_MS)
    }
  }
}
