import { LatchkeyError } from '../../core/errors.ts'
import { isHttps } from '../../core/settings/public-url.ts'
import type { Outbound } from '../../upstream/outbound/outbound.ts'
import { readJson } from '../../upstream/outbound/read-answer.ts'
import { explainCall } from './explain/explain.ts'
import { type Finding, info, ok, warning } from './findings.ts'
import type { DoctorTexts } from './texts/texts.ts'

/** Variables that make other programs use a proxy for outgoing calls. */
const READ = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy']
const NOT_READ = ['ALL_PROXY', 'all_proxy']

/** Checks the proxies between people and Latchkey, and between Latchkey and providers. */
export async function checkProxies(
  where: {
    publicUrl: string
    trustsProxy: boolean
    /** Names in the environment that are not empty. */
    given: readonly string[]
    hasProviders: boolean
  },
  /** Null: nothing is called. */
  outbound: Outbound | null,
  words: DoctorTexts,
): Promise<Finding[]> {
  const { publicUrl, trustsProxy, given, hasProviders } = where
  const forward = READ.filter((name) => given.includes(name))
  const other = NOT_READ.find((name) => given.includes(name))
  const isPublic = isHttps(publicUrl)
  return [
    ...(isPublic && !trustsProxy ? [warning(words.trustProxy)] : []),
    ...(forward.length > 0 && hasProviders ? [info(words.forwardProxy(forward.join(', ')))] : []),
    ...(forward.length === 0 && other !== undefined && hasProviders
      ? [warning(words.otherProxy(other))]
      : []),
    ...(isPublic && outbound !== null ? [await checkPublicUrl(publicUrl, outbound, words)] : []),
  ]
}

/** Checks whether PUBLIC_URL leads to this Latchkey. */
async function checkPublicUrl(
  publicUrl: string,
  outbound: Outbound,
  words: DoctorTexts,
): Promise<Finding> {
  const url = `${publicUrl}/.well-known/openid-configuration`
  try {
    const metadata = readJson(await outbound.get(url, 'public_url'), 'public_url')
    const isOurs = (metadata as { issuer?: unknown } | null)?.issuer === publicUrl
    return isOurs ? ok(words.publicGood(publicUrl)) : warning(words.publicOther(publicUrl))
  } catch (error) {
    if (!(error instanceof LatchkeyError)) throw error
    const isAnswered = error.evidence.status !== undefined
    if (isAnswered) return warning(words.publicOther(publicUrl))
    const { text, steps } = explainCall(error, words)
    return info(words.publicAway(publicUrl, text), ...steps)
  }
}
