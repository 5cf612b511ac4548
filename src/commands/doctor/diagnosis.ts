import { isDatabaseUrl } from '../../core/settings/database-url.ts'
import { fileProblemText } from '../../core/settings/file-problem.ts'
import { DIRECT } from '../../core/settings/forward-proxy.ts'
import type { OperatorLanguage } from '../../core/settings/operator-texts.ts'
import { whyNotStarted } from '../../db/embedded/look.ts'
import { inspectDatabase } from '../../db/inspect.ts'
import { checkCookieSites } from '../../operations/doctor/cookie-sites.ts'
import { checkDatabase } from '../../operations/doctor/database.ts'
import { findErrors, knownCodes } from '../../operations/doctor/explain/errors.ts'
import {
  type Finding,
  info,
  ok,
  printReport,
  type Section,
  warning,
  wrong,
} from '../../operations/doctor/findings.ts'
import { checkProxies } from '../../operations/doctor/proxies.ts'
import { describeRedirectUri } from '../../operations/doctor/registration.ts'
import { type DoctorTexts, doctorTexts } from '../../operations/doctor/texts/texts.ts'
import { checkTraces } from '../../operations/doctor/traces.ts'
import { canSendTraces } from '../../operations/traces.ts'
import { builtInProviders } from '../../providers/index.ts'
import { collectSettings, type Settings } from '../../settings/index.ts'
import { openToOthers } from '../../settings/open-folder.ts'
import { type Environment, Reader } from '../../settings/reader.ts'
import { whyNoSecret } from '../../settings/secret-file.ts'
import { createDelivery } from '../../upstream/outbound/delivery.ts'
import { createOutbound } from '../../upstream/outbound/outbound.ts'
import { checkGivenNames, isHostForgotten } from '../given-names.ts'
import { checkReceivers } from './check-receivers.ts'
import { examineProvider } from './examine-provider.ts'
import type { DoctorRun } from './run.ts'

/** What the doctor says, and how its process ends: 1 where something is wrong. */
export interface Diagnosis {
  text: string
  exitCode: 0 | 1
}

/** Checks whether the server starts with these settings, and which have no effect. */
function checkSettings({ env, file, cut, words, reader, settings, outbound }: DoctorRun): Section {
  const problems = [...new Set(reader.problems)]
  const enabled = new Set([...settings.providers.map(({ row }) => row.id), ...settings.emulate])
  const off = builtInProviders.map(({ id }) => id).filter((id) => !enabled.has(id))
  const noSecret = settings.secrets === null ? whyNoSecret(settings.dataDir) : null
  const isWeak = (settings.secrets ?? []).some((secret) => new Set(secret).size < 10)
  return {
    title: words.settings,
    findings: [
      ...problems.map((problem) => wrong(problem)),
      ...(problems.length === 0 && noSecret === null ? [ok(words.settingsGood)] : []),
      ...(noSecret === null ? [] : [wrong(fileProblemText(noSecret, words.language))]),
      ...openToOthers(settings).map((one) => warning(fileProblemText(one, words.language))),
      ...(isWeak ? [warning(words.weakSecret)] : []),
      ...checkGivenNames(reader, { env, file, cut }, words),
      ...checkCookieSites(settings, words.language),
      ...(isHostForgotten(settings) ? [warning(words.hostInContainer)] : []),
      ...(off.length > 0 && enabled.size > 0 ? [info(words.notEnabled(off.join(', ')))] : []),
      ...(settings.isPublic ? [describeDirectAnswer(settings, words)] : []),
      ...(outbound === null ? [info(words.offline)] : []),
    ],
  }
}

/** What happens to a login without a redirect_uri, if the server is not only for its developer. */
const describeDirectAnswer = ({ directAnswer }: Settings, words: DoctorTexts): Finding =>
  directAnswer ? warning(words.directAnswerOn) : info(words.directAnswerOff)

async function describeDatabase({ words, settings }: DoctorRun): Promise<Section> {
  const { url, prepare } = settings.database
  if (url === null && !settings.isPublic) {
    const { dataDir } = settings
    const why = await whyNotStarted(dataDir)
    const finding =
      why === null
        ? ok(words.embedded(dataDir))
        : wrong(words.databaseAway('DATA_DIR', dataDir), fileProblemText(why, words.language))
    return { title: words.database, findings: [finding] }
  }
  // Problems with the URL are reported with the settings.
  if (url === null || !isDatabaseUrl(url)) return { title: words.database, findings: [] }
  const webhookUrl = settings.events.webhook?.url ?? null
  const inspect = () => inspectDatabase({ url }, { prepare, webhookUrl })
  const findings = await checkDatabase(url, { prepare, inspect }, words)
  return { title: words.database, findings }
}

async function describeTraces(run: DoctorRun): Promise<Section[]> {
  const { settings, outbound, words } = run
  const { traces, forwardProxies } = settings
  if (traces === null || !URL.canParse(traces.url)) return []
  const delivery = createDelivery(DIRECT)
  const post = async (url: string, body: string) => {
    const sent = { type: 'application/json', body }
    return (await delivery.post(url, sent, AbortSignal.timeout(3_000))).status
  }
  const findings = await checkTraces(
    traces,
    { forwardProxies, isInstalled: canSendTraces, post: outbound === null ? null : post },
    words,
  ).finally(() => delivery.close())
  return [{ title: words.traces, findings }]
}

async function examine(run: DoctorRun): Promise<Section[]> {
  const { env, words, settings, outbound } = run
  const { publicUrl, trustProxy, providers, emulate } = settings
  const emulated = builtInProviders.filter(({ id }) => emulate.includes(id))
  const given = Object.keys(env).filter((name) => env[name])
  const trustsProxy = trustProxy.length > 0
  const where = { publicUrl, trustsProxy, given, hasProviders: providers.length > 0 }
  const receivers = outbound === null ? [] : await checkReceivers(settings, words)
  const proxies = await checkProxies(where, outbound, words)
  return [
    checkSettings(run),
    ...(proxies.length > 0 ? [{ title: words.proxies, findings: proxies }] : []),
    await describeDatabase(run),
    ...(await describeTraces(run)),
    ...(receivers.length > 0 ? [{ title: words.receivers, findings: receivers }] : []),
    ...(await Promise.all(providers.map((one) => examineProvider(run, one)))),
    ...emulated.map((row) => ({
      title: row.name,
      findings: [ok(words.emulated), ...describeRedirectUri(row, publicUrl, words)],
    })),
  ]
}

/**
 * Reads the settings as the server would and says what is right, missing or wrong, provider by
 * provider. `file` is the part of the environment that is from `.env`; offline, no provider is
 * called.
 */
export async function diagnose(
  env: Environment,
  options: {
    file: Environment
    cut?: readonly string[]
    language: OperatorLanguage
    offline: boolean
  },
): Promise<Diagnosis> {
  const { file, cut = [], language, offline } = options
  const words = doctorTexts[language]
  const reader = new Reader(env, language)
  const settings = collectSettings(reader)
  const outbound = offline ? null : createOutbound(settings.forwardProxies)
  try {
    const sections = await examine({ env, file, cut, words, reader, settings, outbound })
    return printReport(sections, words.summary)
  } finally {
    await outbound?.close()
  }
}

/** What the error codes in a text mean; the exit code is 1 if it contains none that is known. */
export function explain(text: string, language: OperatorLanguage): Diagnosis {
  const found = findErrors(text, builtInProviders, language)
  if (found.length === 0) {
    const codes = knownCodes(builtInProviders).join(' ')
    return { text: `${doctorTexts[language].unknownCode(codes)}\n`, exitCode: 1 }
  }
  const lines = found.map(
    ({ code, provider, step }) => `${code}${provider === null ? '' : ` (${provider})`}: ${step}`,
  )
  return { text: `${lines.join('\n')}\n`, exitCode: 0 }
}
