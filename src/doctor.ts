import { parseArgs } from 'node:util'
import { inspectDatabase } from './db/inspect.ts'
import { readEnvironment } from './environment.ts'
import { ERROR_CODES } from './operations/doctor/error-codes.ts'
import {
  type Finding,
  info,
  ok,
  printReport,
  type Section,
  warning,
  wrong,
} from './operations/doctor/findings.ts'
import { checkNetwork } from './operations/doctor/network.ts'
import { type DoctorLanguage, doctorTexts } from './operations/doctor/texts.ts'
import { checkValues } from './operations/doctor/values.ts'
import { type ProviderSettings, readProviderSettings } from './provider-settings.ts'
import { builtInProviders } from './providers/index.ts'
import { type Environment, Reader, readSettings, type Settings, SettingsError } from './settings.ts'

// The doctor: reads the settings as the server would and says what is right, missing or wrong.
const { values: args } = parseArgs({
  options: {
    lang: { type: 'string' },
    offline: { type: 'boolean', default: false },
    explain: { type: 'string' },
  },
})
const env = readEnvironment()
const language: DoctorLanguage = (args.lang ?? env.LC_ALL ?? env.LANG ?? '').startsWith('ko')
  ? 'ko'
  : 'en'
const words = doctorTexts[language]

function explain(code: string): never {
  const known = Object.hasOwn(ERROR_CODES, code) ? ERROR_CODES[code] : undefined
  process.stdout.write(
    known === undefined
      ? `${words.unknownCode(code)}\n${Object.keys(ERROR_CODES).join(' ')}\n`
      : `${code} (${known.provider}): ${known[language]}\n`,
  )
  process.exit(known === undefined ? 1 : 0)
}

/** The settings, or what is wrong with them; the providers can be read all the same. */
function readAll(env: Environment) {
  try {
    return { settings: readSettings(env), problems: [] }
  } catch (error) {
    if (error instanceof SettingsError) return { settings: null, problems: error.problems }
    throw error
  }
}

async function checkDatabase(settings: Settings | null, reader: Reader): Promise<Finding[]> {
  const url = settings === null ? reader.text('DATABASE_URL') : settings.database.url
  if (!url) return [ok(words.embedded(settings?.dataDir ?? '.data'))]
  // What is wrong with it stands among the settings.
  if (!URL.canParse(url)) return []
  try {
    const { version, applied, brought } = await inspectDatabase({ url })
    const readable = `${Math.floor(version / 10_000)}.${version % 10_000}`
    return [
      version < 140_000 ? wrong(words.databaseOld(readable)) : ok(words.databaseGood(readable)),
      ...(applied < brought ? [warning(words.pending(brought - applied))] : []),
    ]
  } catch (error) {
    const { code } = error as { code?: unknown }
    return [wrong(words.databaseAway(typeof code === 'string' ? code : 'no connection'))]
  }
}

async function checkProvider(registered: ProviderSettings, publicUrl: string): Promise<Section> {
  const { row, clientId, clientSecret, values } = registered
  const redirectUri = `${publicUrl}/login/${row.id}/callback`
  const hasLogout = row.endpoints.end_session_endpoint !== undefined
  const findings = [
    info(words.console(row.console)),
    info(words.redirectUri(redirectUri)),
    ...(hasLogout ? [info(words.logoutUri(`${publicUrl}/logout/${row.id}/callback`))] : []),
    ...(row.formPost && publicUrl.startsWith('http:') ? [warning(words.noLoopback)] : []),
    ...checkValues(row, env, words),
  ]
  const isComplete = clientId !== '' && !findings.some(({ level }) => level === 'wrong')
  if (!args.offline && isComplete) {
    const secretOf = row.clientSecret?.(clientId, row, values) ?? (async () => clientSecret)
    findings.push(
      ...(await checkNetwork(
        { row, clientId, clientSecret: secretOf, redirectUri },
        language,
        words,
      )),
    )
  }
  return { title: row.name, findings }
}

async function main(): Promise<void> {
  if (args.explain !== undefined) explain(args.explain)
  const { settings, problems } = readAll(env)
  const reader = new Reader(env)
  const providers = settings?.providers ?? readProviderSettings(reader)
  const publicUrl =
    settings?.publicUrl ?? reader.text('PUBLIC_URL')?.replace(/\/+$/, '') ?? 'http://localhost:3000'
  const isProxied = settings?.publicUrl.startsWith('https:') && settings.trustProxy.length === 0
  const emulated = builtInProviders.filter(({ id }) => settings?.emulate.includes(id))
  const sections: Section[] = [
    {
      title: words.settings,
      findings: [
        ...problems.map(wrong),
        ...(problems.length === 0 ? [ok(words.settingsGood)] : []),
        ...(isProxied ? [info(words.proxyHint)] : []),
        ...(args.offline ? [info(words.offline)] : []),
      ],
    },
    { title: words.database, findings: await checkDatabase(settings, reader) },
    ...(await Promise.all(providers.map((one) => checkProvider(one, publicUrl)))),
    ...emulated.map(({ id, name, console }) => ({
      title: name,
      findings: [
        ok(words.emulated),
        info(words.console(console)),
        info(words.redirectUri(`${publicUrl}/login/${id}/callback`)),
      ],
    })),
  ]
  const { text, exitCode } = printReport(sections, words.summary)
  process.stdout.write(text)
  process.exitCode = exitCode
}

await main()
