// The entry point: `latchkey [start|doctor|admin]`. Each command is loaded only when it is asked
// for.

import { endOnSignal } from './process/end-on-signal.ts'
import { waitForFarHosts } from './process/far-hosts.ts'
import { bearLostOutput } from './process/lost-output.ts'
import { keepHeapSmall } from './process/small-heap.ts'
import { keepTickShape } from './process/tick-shape.ts'

const USAGE = `Usage: latchkey [start|doctor|admin]

  start    serves (the default)
  doctor   says what of the settings is right, and what is missing; see latchkey doctor --help
  admin    the operator's command line; see latchkey admin --help

latchkey --version says which one it is. What it does is set in the environment or in .env.
`

/** Prints an error for the person who typed the command, and sets the exit code for it. */
function refuse(message: string): void {
  process.stderr.write(message)
  process.exitCode = 1
}

/** `start` takes no options: `--port 80` is refused rather than ignored. */
function answerStart([first = '']: string[]): void {
  if (first === '--help' || first === '-h') process.stdout.write(USAGE)
  else refuse(`latchkey start takes no ${JSON.stringify(first)}.\n\n${USAGE}`)
}

waitForFarHosts()
const [command = 'start', ...args] = process.argv.slice(2)
if (command !== 'start') bearLostOutput()
switch (command) {
  case 'start': {
    if (args.length > 0) {
      answerStart(args)
      break
    }
    const endAfter = endOnSignal()
    keepTickShape()
    keepHeapSmall()
    const { start } = await import('./start.ts')
    await start(endAfter)
    break
  }
  case 'doctor': {
    const { doctor } = await import('./doctor/index.ts')
    await doctor(args)
    break
  }
  case 'admin': {
    const { admin } = await import('./admin/index.ts')
    await admin(args)
    break
  }
  case 'help':
  case '--help':
  case '-h':
    process.stdout.write(USAGE)
    break
  case '--version':
  case '-v': {
    const { version } = await import('../operations/version.ts')
    process.stdout.write(`${version}\n`)
    break
  }
  default:
    refuse(`latchkey knows no command ${JSON.stringify(command)}.\n\n${USAGE}`)
}
