import type { FastifyReply } from 'fastify'

/** Content policy of everything that is not a page: nothing may load, nothing may frame it. */
const NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

/** The headers of every answer, whatever its status. Nothing may be stored by default. */
export function securityHeaders(https: boolean): Record<string, string> {
  return {
    'cache-control': 'no-store',
    'content-security-policy': NOTHING,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    ...(https ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' } : {}),
  }
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
