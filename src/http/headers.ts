import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { isHttps } from '../core/settings/public-url.ts'
import { isLoopbackHost } from '../core/settings/urls.ts'

/** Content policy of everything that is not a page: nothing may load, nothing may frame it. */
const NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/** The headers of every answer, whatever its status. Nothing may be stored by default. */
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
 * HTTP Strict Transport Security (RFC 6797), which holds for a host and all its ports: never for this
 * machine, where Safari would ask everything else for https, too; for the hosts below it only where the
 * host is Latchkey's own.
 */
function strictTransport(publicUrl: string): string | null {
  const { hostname, port, pathname } = new URL(publicUrl)
  if (!isHttps(publicUrl) || isLoopbackHost(hostname)) return null
  const isOwnHost = pathname === '/' && port === ''
  return isOwnHost ? 'max-age=31536000; includeSubDomains' : 'max-age=31536000'
}

/** Headers of a public document: anyone may read it from anywhere and keep it for a while. */
export function publicDocument(maxAgeSeconds: number) {
  return {
    'cache-control': `public, max-age=${maxAgeSeconds}`,
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
  }
}

/** `Vary` with these names beside those that it has already; CORS may have named the Origin. */
export function varyingBy(reply: FastifyReply, ...names: readonly string[]): string {
  const before = String(reply.getHeader('vary') ?? '').split(/,\s*/)
  return [...new Set([...before, ...names])].filter(Boolean).join(', ')
}

/** What lets one style or script of a page in by its text (CSP 3, section 2.3.1). */
export const cspHash = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`
