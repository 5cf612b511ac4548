import { parseArgs } from 'node:util'
import { FileError, fileProblemText } from '../../core/settings/file-problem.ts'
import type { OperatorLanguage } from '../../core/settings/operator-texts.ts'
import { doctorTexts } from '../../operations/doctor/texts/texts.ts'
import { namesCutInFile, readEnvironment, readEnvironmentFile } from '../../settings/environment.ts'
import type { Environment } from '../../settings/reader.ts'
import { diagnose, explain } from './diagnosis.ts'

// An empty variable counts as none.
const languageOf = (asked: string | undefined, env: Environment): OperatorLanguage =>
  /^ko/i.test(asked || env.LC_ALL || env.LANG || '') ? 'ko' : 'en'

// Arguments and environment -> text -> exit code.
async function run(given: string[]): Promise<void> {
  const { values: args } = parseArgs({
    args: given,
    options: {
      lang: { type: 'string' },
      offline: { type: 'boolean', default: false },
      explain: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const ofProcess = languageOf(args.lang, readEnvironment({}))
  if (args.lang !== undefined && !/^(en|ko)([-_.]|$)/i.test(args.lang)) {
    throw Object.assign(new Error('--lang must be en or ko.'), { code: 'ERR_PARSE_ARGS_LANGUAGE' })
  }
  if (args.help) {
    process.stdout.write(doctorTexts[ofProcess].usage)
    return
  }
  let file: Environment
  try {
    file = readEnvironmentFile()
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    process.stderr.write(`${fileProblemText(error.problem, ofProcess)}\n`)
    process.exitCode = 1
    return
  }
  const env = readEnvironment(file)
  const language = languageOf(args.lang, env)
  const { text, exitCode } =
    args.explain === undefined
      ? await diagnose(env, { file, cut: namesCutInFile(), language, offline: args.offline })
      : explain(args.explain, language)
  process.stdout.write(text)
  process.exitCode = exitCode
}

/** Runs `latchkey doctor` with the words that were typed after it. */
export async function doctor(args: string[]): Promise<void> {
  try {
    await run(args)
  } catch (error) {
    // A system error's message names the call and the file, and nothing secret.
    const { code, message } = error as { code?: unknown; message: string }
    if (typeof code !== 'string') throw error
    const isUsage = code.startsWith('ERR_PARSE_ARGS')
    process.stderr.write(isUsage ? `${message}\n\n${doctorTexts.en.usage}` : `${message}\n`)
    process.exitCode = isUsage ? 2 : 1
  }
}
