/**
 * Handles output that cannot be written. A reader such as `head` that has had enough is no fault,
 * and the command finishes its work. Anything else, as a full disk, is reported, and the exit code
 * is 1.
 */
export function bearLostOutput(): void {
  let isTold = false
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE' || isTold) return
    isTold = true
    process.stderr.write(`The output of this command cannot be written (${code}).\n`)
    process.exitCode = 1
  })
}
