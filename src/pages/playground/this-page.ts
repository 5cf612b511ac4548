import type { FastifyRequest } from 'fastify'
import { LatchkeyError } from '../../core/errors.ts'
import { originOf } from '../../core/settings/public-url.ts'

/**
 * Throws `csrf` for requests by another site's page. The host is checked, too: with another site's
 * name that resolves to this machine, the page and the request have the same origin (DNS
 * rebinding).
 */
export function requireThisPage(request: FastifyRequest, publicUrl: string): void {
  const { origin, 'sec-fetch-site': site } = request.headers
  const isOurs =
    hostnameOf(request.headers.host) === new URL(publicUrl).hostname &&
    (origin === undefined || origin === originOf(publicUrl)) &&
    (site === undefined || site === 'same-origin' || site === 'none')
  if (isOurs) return
  throw new LatchkeyError('csrf', 'This is only for the playground’s own page.')
}

/** Without its port, which a proxy may leave out. */
const hostnameOf = (host = '') => host.replace(/:\d+$/, '')
