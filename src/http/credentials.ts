import type { FastifyRequest } from 'fastify'

// One credential (RFC 6750, section 2.1), the scheme in any case (RFC 9110, section 11.1).
const BEARER = /^Bearer +([A-Za-z0-9_.-]+)$/i

/** The token of the Authorization header; null where there is none, or more than one header. */
export function readBearer(request: FastifyRequest): string | null {
  const match = BEARER.exec(request.headers.authorization ?? '')
  return match === null || hasTwoCredentials(request) ? null : (match[1] ?? null)
}

/** Node keeps the first of two Authorization headers; a proxy before it may have looked at the other. */
export function hasTwoCredentials({ raw: { rawHeaders } }: FastifyRequest): boolean {
  let count = 0
  for (let place = 0; place < rawHeaders.length; place += 2) {
    const name = rawHeaders[place] ?? ''
    if (name.length === 13 && name.toLowerCase() === 'authorization') count += 1
  }
  return count > 1
}
