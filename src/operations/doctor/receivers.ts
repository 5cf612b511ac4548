import { codeOf } from './explain/explain.ts'
import { explainFailure } from './explain/failures.ts'
import { type Finding, ok, warning, wrong } from './findings.ts'
import type { DoctorTexts } from './texts/texts.ts'

/** A URL of the settings that webhooks or logout tokens are posted to. */
export interface ReceiverTarget {
  /** The setting: `WEBHOOK_URL`. */
  name: string
  url: string
  /** The content type of what is posted there. */
  type: string
}

/**
 * What receivers of webhooks and logout tokens answer to an empty message, which has no effect on
 * them.
 */
export const answersOfReceivers = (
  targets: readonly ReceiverTarget[],
  post: (url: string, sent: { type: string; body: string }) => Promise<number>,
  words: DoctorTexts,
): Promise<Finding[]> =>
  Promise.all(
    targets.map(async ({ name, url, type }) => {
      try {
        return judge(name, await post(url, { type, body: '' }), words)
      } catch (error) {
        const code = codeOf(error) ?? words.noConnection
        return warning(words.receiverAway(name, code), ...explainFailure(code, words.language))
      }
    }),
  )

function judge(name: string, status: number, words: DoctorTexts): Finding {
  if (status >= 300 && status < 400) return wrong(words.receiverRedirects(name, status))
  if (status === 410 && name === 'WEBHOOK_URL') return wrong(words.receiverGone(name))
  // Most refuse a message without a signature.
  const isFine = status < 500 && ![404, 405, 410].includes(status)
  return isFine
    ? ok(words.receiverAnswers(name, status))
    : warning(words.receiverRefuses(name, status))
}
