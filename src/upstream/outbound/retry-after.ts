import type { AnswerHeaders } from './http-client.ts'

/**
 * After how many seconds an answer wants to be asked again (RFC 9110, section 10.2.3); undefined where it
 * does not say, the first where it says it twice. A date is read by the clock of who sent it.
 */
export function readRetryAfter(headers: AnswerHeaders): number | undefined {
  const [said = ''] = [headers['retry-after'] ?? ''].flat()
  if (/^\d+$/.test(said.trim())) return Number(said)
  const at = Date.parse(said)
  if (Number.isNaN(at)) return undefined
  const sentAt = Date.parse(String(headers.date))
  return Math.max(0, Math.ceil((at - (Number.isNaN(sentAt) ? Date.now() : sentAt)) / 1000))
}
