import { type ForwardProxies, proxyFor } from '../../core/settings/forward-proxy.ts'
import { codeOf } from './explain/explain.ts'
import { explainFailure } from './explain/failures.ts'
import { type Finding, info, ok, warning, wrong } from './findings.ts'
import type { DoctorTexts } from './texts/texts.ts'

/** An export without spans, which a collector accepts. */
const NOTHING = JSON.stringify({ resourceSpans: [] })

/**
 * Where traces go, whether what sends them is installed, and whether a collector answers there.
 *
 * @param post gives the status of the answer; null: nothing is called.
 */
export async function checkTraces(
  { url, protocol }: { url: string; protocol: string },
  {
    forwardProxies,
    isInstalled,
    post,
  }: {
    forwardProxies: ForwardProxies
    isInstalled: () => Promise<boolean>
    post: ((url: string, body: string) => Promise<number>) | null
  },
  words: DoctorTexts,
): Promise<Finding[]> {
  return [
    info(words.tracesTo(url, protocol)),
    ...((await isInstalled()) ? [] : [wrong(words.tracesNotInstalled)]),
    ...(proxyFor(new URL(url), forwardProxies) === null ? [] : [warning(words.tracesDirect)]),
    ...(post === null ? [] : [await ask(url, post, words)]),
  ]
}

async function ask(
  url: string,
  post: (url: string, body: string) => Promise<number>,
  words: DoctorTexts,
): Promise<Finding> {
  try {
    const status = await post(url, NOTHING)
    if (status < 300) return ok(words.tracesTaken)
    // The collector's credentials are in OTEL_EXPORTER_OTLP_HEADERS, which is not sent here.
    return status === 401 || status === 403
      ? info(words.tracesHeaders(status))
      : warning(words.tracesRefused(status))
  } catch (error) {
    const code = codeOf(error) ?? words.noConnection
    return warning(words.tracesAway(code), ...explainFailure(code, words.language))
  }
}
