import type { FastifyRequest } from 'fastify'
import type { Client } from '../../core/client/client.ts'
import { LatchkeyError } from '../../core/errors.ts'
import { said } from '../../core/messages.ts'
import { originOf } from '../../core/settings/public-url.ts'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Throws `csrf` where a request with a client's session cookies may come from another site's page.
 * The cookies count only for our own origin and the client's, since SameSite does not exclude
 * sibling subdomains. A request that changes something must name its origin; one that only reads
 * may omit it, as programs do.
 *
 * A form on a page with `Referrer-Policy: no-referrer` sends `Origin: null` even to its own site
 * (Fetch, "append a request Origin header"), as one in a sandbox does. The browser's
 * `Sec-Fetch-Site` tells the two apart.
 */
export function requireOwnOrigin(
  request: FastifyRequest,
  publicUrl: string,
  client: Pick<Client, 'origins'> | null,
): void {
  const { origin: sent, 'sec-fetch-site': site } = request.headers
  const origin = sent === 'null' && site === 'same-origin' ? undefined : sent
  const isOurs =
    origin === undefined
      ? site === 'same-origin' ||
        (SAFE_METHODS.has(request.method) && (site === undefined || site === 'none'))
      : origin === originOf(publicUrl) || (client?.origins.includes(origin) ?? false)
  if (isOurs) return
  throw new LatchkeyError('csrf', said.cookieFromElsewhere, {
    evidence: { reason: origin === undefined ? 'origin_missing' : 'origin_unregistered' },
  })
}
