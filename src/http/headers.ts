import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { isHttps } from '../core/settings/public-url.ts'
import { isLoopbackHost } from '../core/settings/urls.ts'

/**
 * The content policy of everything that is not a page: it may load nothing, and nothing may frame
 * it.
 */
const NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/** The headers of every answer, whatever its status. By default nothing may be stored. */
export function securityHeaders(publicUrl: string): Record<string, string> {
  const transport = strictTransport(publicUrl)
  return {
    'cache-control': 'no-store',
    'content-security-policy': NOTHING,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    ...(transport === null ? {} : { 'strict-transport-security': transport }),
  }
}

/**
 * HTTP Strict Transport Security (RFC 6797), which covers a host with all its ports. Never for this
 * machine, where Safari would then demand https of everything else, too. Subdomains are included
 * only where the whole host is Latchkey's.
 */
function strictTransport(publicUrl: string): string | null {
  const { hostname, port, pathname } = new URL(publicUrl)
  if (!isHttps(publicUrl) || isLoopbackHost(hostname)) return null
  const isOwnHost = pathname === '/' && port === ''
  return isOwnHost ? 'max-age=31536000; includeSubDomains' : 'max-age=31536000'
}

/** Headers of a public document: anyone may read it from any origin and cache it for a while. */
export function publicDocument(maxAgeSeconds: number) {
  return {
    'cache-control': `public, max-age=${maxAgeSeconds}`,
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
  }
}

/** `Vary` with these names added to those that it has already (CORS may have added Origin). */
export function varyingBy(reply: FastifyReply, ...names: readonly string[]): string {
  const before = String(reply.getHeader('vary') ?? '').split(/,\s*/)
  return [...new Set([...before, ...names])].filter(Boolean).join(', ')
}

/** Allows one style or script of a page by its hash (CSP 3, section 2.3.1). */
export const cspHash = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`
