import type { FastifyRequest } from 'fastify'
import { LatchkeyError } from '../../core/errors.ts'
import { said } from '../../core/messages.ts'

/**
 * Refuses a request that a browser or messenger makes ahead of the person, so that it uses nothing
 * up: a GET that signs somebody in or out is not safe (RFC 9110, section 9.2.1).
 */
export function refusePrefetch({ headers }: Pick<FastifyRequest, 'headers'>): void {
  const purposes = [headers['sec-purpose'], headers.purpose, headers['x-purpose'], headers['x-moz']]
  if (!purposes.some((one) => /\b(?:prefetch|prerender|preview)\b/i.test(String(one ?? '')))) return
  throw new LatchkeyError('temporarily_unavailable', said.notAhead, {
    evidence: { reason: 'prefetch' },
    retryAfterSeconds: 1,
  })
}
