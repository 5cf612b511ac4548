import type { FastifyRequest } from 'fastify'
import type { Client } from '../../core/client/client.ts'
import { LatchkeyError } from '../../core/errors.ts'
import { said } from '../../core/messages.ts'
import { originOf } from '../../core/settings/public-url.ts'

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Throws `csrf` where a request with the cookies of this client's session may come from a stranger's
 * page: they count from our own origin and from the client's own only. SameSite does not keep siblings
 * out. What changes something must say where it comes from; what reads may say nothing, as programs do.
 *
 * A form of a page with `Referrer-Policy: no-referrer` comes as `Origin: null` to its own site too (Fetch, "append a
 * request Origin header"), as one in a sandbox does: the browser's `Sec-Fetch-Site` tells them apart.
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
