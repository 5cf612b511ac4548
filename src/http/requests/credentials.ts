import type { FastifyRequest } from 'fastify'
import { LatchkeyError } from '../../core/errors.ts'
import { said } from '../../core/messages.ts'

// One credential (RFC 6750, section 2.1), the scheme in any case (RFC 9110, section 11.1).
const BEARER = /^Bearer +([A-Za-z0-9_.-]+)$/i

/** The token of the Authorization header; null where there is none, or more than one header. */
export function readBearer(request: FastifyRequest): string | null {
  const match = BEARER.exec(request.headers.authorization ?? '')
  return match === null || hasTwoCredentials(request) ? null : (match[1] ?? null)
}

/** Why a credential is not accepted; only for the log. */
export type WhyNot =
  | 'missing'
  | 'malformed'
  | 'not_ours_or_expired'
  | 'not_for_these_routes'
  | 'session_over'
  | 'client_not_allowed'

/** The one error for whatever is wrong with a credential: the answer does not reveal the cause. */
export const invalidToken = (reason: WhyNot) =>
  new LatchkeyError('invalid_token', said.sendAccessToken, { evidence: { reason } })

/** Why a request has no readable token. */
export const whyNoToken = ({ headers }: FastifyRequest): WhyNot =>
  headers.authorization === undefined ? 'missing' : 'malformed'

/**
 * Whether there are two Authorization headers. Node keeps the first, but a proxy in front may have
 * checked the other.
 */
export function hasTwoCredentials({ raw: { rawHeaders } }: FastifyRequest): boolean {
  let count = 0
  for (let place = 0; place < rawHeaders.length; place += 2) {
    const name = rawHeaders[place] ?? ''
    if (name.length === 13 && name.toLowerCase() === 'authorization') count += 1
  }
  return count > 1
}
