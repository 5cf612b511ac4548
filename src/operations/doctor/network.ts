import { LatchkeyError } from '../../core/errors.ts'
import type { ExplainedError } from '../../core/provider/console.ts'
import type { ProviderRow } from '../../core/provider/provider.ts'
import { settingsPrefix } from '../../core/settings/prefix.ts'
import type { Metadata } from '../../upstream/metadata/metadata.ts'
import type { Outbound } from '../../upstream/outbound/outbound.ts'
import { readJson } from '../../upstream/outbound/read-answer.ts'
import { usesIdToken } from '../../upstream/provider-call.ts'
import { checkSignInPage } from './authorization.ts'
import { checkClock, watchClock } from './clock.ts'
import { explainError } from './explain/errors.ts'
import { explainCall } from './explain/explain.ts'
import { describeGaps } from './explain/gaps.ts'
import { type Finding, info, ok, wrong } from './findings.ts'
import type { DoctorTexts } from './texts/texts.ts'

/** A provider as the server would use it. Each throws what a login would end with. */
export interface AtProvider {
  /** Its metadata, looked up if necessary. */
  metadata(): Promise<Pick<Metadata, 'endpoints' | 'gaps' | 'ignored'>>
  /** The beginning of a login, and its end with this code. */
  start(): Promise<{ url: URL; finish(code: string): Promise<unknown> }>
}

/** Checks a provider over the network. It is sent an invented code, which changes nothing there. */
export async function checkNetwork(
  row: ProviderRow,
  shared: Outbound,
  aim: (outbound: Outbound) => AtProvider,
  words: DoctorTexts,
): Promise<Finding[]> {
  const { outbound, clocks } = watchClock(shared)
  const provider = aim(outbound)
  const notReached = (what: string, error: unknown): Finding => {
    if (!(error instanceof LatchkeyError)) throw error
    const { text, steps } = explainCall(error, words)
    return wrong(words.notReached(what, text), ...steps)
  }

  let metadata: Awaited<ReturnType<AtProvider['metadata']>>
  const place = `Discovery ${row.issuer?.replace(/\/$/, '')}/.well-known/openid-configuration`
  try {
    metadata = await provider.metadata()
  } catch (error) {
    const { reason, found } = error instanceof LatchkeyError ? error.evidence : {}
    if (reason !== 'issuer_mismatch') return [notReached(place, error)]
    return [wrong(words.otherIssuer(row.issuer ?? '', String(found ?? '?')))]
  }

  const { endpoints, gaps } = metadata
  const asks = describeGaps(metadata, settingsPrefix(row.id), words.language)

  const checkKeys = async (): Promise<Finding[]> => {
    const url = endpoints.jwks_uri
    if (!usesIdToken(row) || url === undefined) return []
    try {
      const set = readJson(await outbound.get(url, 'jwks'), 'jwks')
      return [hasKeys(set) ? ok(words.reached(`JWKS ${url}`)) : wrong(words.noKeys)]
    } catch (error) {
      return [notReached(`JWKS ${url}`, error)]
    }
  }

  const checkLogin = async (): Promise<Finding[]> => {
    let login: Awaited<ReturnType<AtProvider['start']>>
    try {
      login = await provider.start()
    } catch (error) {
      return [notReached(place, error)]
    }
    const shown = login.finish('latchkey-doctor-made-this-up').catch((error) => error)
    const [page, end] = await Promise.all([checkSignInPage(login.url, row, outbound, words), shown])
    return [...page, judge(end)]
  }

  /** What the refusal of the invented code says about id and secret. */
  const judge = (end: unknown): Finding => {
    // It gave tokens for the code, whatever happened to them then.
    if (!(end instanceof Error)) return ok(words.accepted)
    // Only a secret that is made from other settings fails in another way.
    if (!(end instanceof LatchkeyError)) return wrong(words.noSecret)
    const { step, exact_error: exact, error, status } = end.evidence
    if (step !== undefined && step !== 'token') return ok(words.accepted)
    const codes = [exact, error].filter((code) => typeof code === 'string')
    const known = codes
      .map((code): [string, ExplainedError | undefined] => [code, explainError(row, code)])
      .find((entry): entry is [string, ExplainedError] => entry[1] !== undefined)
    if (known !== undefined) {
      const [code, { means, step }] = known
      if (means === 'accepted') return ok(words.accepted)
      if (means === 'nothing') return info(words.cannotTell(code))
      return wrong(`${words.answers(code)} ${step[words.language]}`)
    }
    if (end.code === 'invalid_code') return ok(words.accepted)
    // Only codes of our own list are repeated: any other text may echo what it was sent.
    if (typeof status === 'number') return info(words.cannotTell(words.status(String(status))))
    return notReached(`Token endpoint ${endpoints.token_endpoint}`, end)
  }

  const reached = row.discovery ? [ok(words.reached(place))] : []
  // The provider's answer to a code says nothing if it requires more than it is sent.
  const [keys, login] = await Promise.all([checkKeys(), gaps.length > 0 ? [] : checkLogin()])
  const clock = await checkClock(clocks, outbound, endpoints.token_endpoint, words)
  return [...reached, ...asks, ...keys, ...login, ...clock]
}

function hasKeys(set: unknown): boolean {
  const { keys } = set as { keys?: unknown }
  const isPublic = (key: unknown) =>
    typeof key === 'object' && key !== null && 'kty' in key && !('d' in key) && !('k' in key)
  return Array.isArray(keys) && keys.some(isPublic)
}
