import { pathOf } from '../../core/settings/public-url.ts'

/** Paths for the operator's own probes, which no proxy has to forward. */
const AT_ROOT: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics'])

/** Also served with the issuer's path appended (RFC 8414, sections 3.1 and 5). */
const WELL_KNOWN = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']

/** Scheme and host of a request target in absolute form (RFC 9112, section 3.2.2). */
const ABSOLUTE = /^https?:\/\/[^/?]*/i

/** A path without a route. */
const NOWHERE = '/nothing/is/here'

/**
 * Maps a request's URL to that of a route where PUBLIC_URL has a path: routes are registered
 * without it, and whatever lies outside it is not found. Undefined where PUBLIC_URL has no path.
 */
export function belowPath(
  publicUrl: string,
): ((request: { url?: string | undefined }) => string) | undefined {
  const path = pathOf(publicUrl)
  if (path === '') return undefined
  const inserted = new Map(WELL_KNOWN.map((place) => [`${place}${path}`, place]))
  return ({ url: asked = '' }) => {
    const url = asked.replace(ABSOLUTE, '')
    const [pathname = ''] = url.split('?', 1)
    const search = url.slice(pathname.length)
    if (pathname === path) return `/${search}`
    if (pathname.startsWith(`${path}/`)) return url.slice(path.length)
    if (AT_ROOT.has(pathname)) return url
    const place = inserted.get(pathname)
    return place === undefined ? NOWHERE : `${place}${search}`
  }
}
