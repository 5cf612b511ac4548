/**
 * What a command says may find nobody: a reader such as `head` that has had enough is no fault, and the command
 * ends its work. Anything else, as a disk that is full, is told, and the exit code is 1.
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
