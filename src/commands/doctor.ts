import { parseArgs } from 'node:util'
import { doctorTexts } from '../operations/doctor/texts.ts'
import {
  EnvironmentFileError,
  readEnvironment,
  readEnvironmentFile,
} from '../settings/environment.ts'
import { diagnose, explain } from './diagnosis.ts'

// Arguments and environment -> what it says -> exit code.
async function run(given: string[]): Promise<void> {
  const env = readEnvironment()
  const { values: args } = parseArgs({
    args: given,
    options: {
      lang: { type: 'string' },
      offline: { type: 'boolean', default: false },
      explain: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const locale = args.lang ?? env.LC_ALL ?? env.LANG ?? ''
  const language = locale.toLowerCase().startsWith('ko') ? 'ko' : 'en'
  if (args.help) {
    process.stdout.write(doctorTexts[language].usage)
    return
  }
  const { text, exitCode } =
    args.explain === undefined
      ? await diagnose(env, { file: readEnvironmentFile(), language, offline: args.offline })
      : explain(args.explain, language)
  process.stdout.write(text)
  process.exitCode = exitCode
}

/** `latchkey doctor`, with what was typed after it. */
export async function doctor(args: string[]): Promise<void> {
  try {
    await run(args)
  } catch (error) {
    // A system error's message names the call and the file, and nothing secret.
    const { code, message } = error as { code?: unknown; message: string }
    if (error instanceof EnvironmentFileError) {
      process.stderr.write(`${message}\n`)
      process.exitCode = 1
      return
    }
    if (typeof code !== 'string') throw error
    const isUsage = code.startsWith('ERR_PARSE_ARGS')
    process.stderr.write(isUsage ? `${message}\n\n${doctorTexts.en.usage}` : `${message}\n`)
    process.exitCode = isUsage ? 2 : 1
  }
}
