import type { IncomingHttpHeaders } from 'node:http'

/**
 * After how many seconds an answer wants to be asked again (RFC 9110, section 10.2.3); undefined where it
 * does not say. A date is read by the clock of who sent it.
 */
export function readRetryAfter(
  headers: Pick<IncomingHttpHeaders, 'retry-after' | 'date'>,
): number | undefined {
  const said = headers['retry-after']?.trim() ?? ''
  if (/^\d+$/.test(said)) return Number(said)
  const at = Date.parse(said)
  if (Number.isNaN(at)) return undefined
  const sentAt = Date.parse(headers.date ?? '')
  return Math.max(0, Math.ceil((at - (Number.isNaN(sentAt) ? Date.now() : sentAt)) / 1000))
}
