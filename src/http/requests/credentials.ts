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

/** Why a credential does not count; for the log alone. */
export type WhyNot =
  | 'missing'
  | 'malformed'
  | 'not_ours_or_expired'
  | 'not_for_these_routes'
  | 'session_over'
  | 'client_not_allowed'

/** One error for whatever is wrong with a credential: outside, no cause can be told from another. */
export const invalidToken = (reason: WhyNot) =>
  new LatchkeyError('invalid_token', said.sendAccessToken, { evidence: { reason } })

/** Why a request has no token that could be looked at. */
export const whyNoToken = ({ headers }: FastifyRequest): WhyNot =>
  headers.authorization === undefined ? 'missing' : 'malformed'

/** Node keeps the first of two Authorization headers; a proxy before it may have looked at the other. */
export function hasTwoCredentials({ raw: { rawHeaders } }: FastifyRequest): boolean {
  let count = 0
  for (let place = 0; place < rawHeaders.length; place += 2) {
    const name = rawHeaders[place] ?? ''
    if (name.length === 13 && name.toLowerCase() === 'authorization') count += 1
  }
  return count > 1
}
