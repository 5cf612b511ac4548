import type { AnswerHeaders } from './http-client.ts'

/**
 * After how many seconds an answer allows another request (RFC 9110, section 10.2.3); undefined
 * where it does not say. If given twice, the first counts. A date is compared with the sender's
 * clock.
 */
export function readRetryAfter(headers: AnswerHeaders): number | undefined {
  const [said = ''] = [headers['retry-after'] ?? ''].flat()
  if (/^\d+$/.test(said.trim())) return Number(said)
  const at = Date.parse(said)
  if (Number.isNaN(at)) return undefined
  const sentAt = Date.parse(String(headers.date))
  return Math.max(0, Math.ceil((at - (Number.isNaN(sentAt) ? Date.now() : sentAt)) / 1000))
}
