import { pathOf } from '../../core/settings/public-url.ts'

/** What whoever runs the process asks for, and what no proxy has to pass on. */
const AT_ROOT: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics'])

/** Served with the path of the issuer behind them too (RFC 8414, section 3.1 and 5). */
const WELL_KNOWN = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']

/** What stands before the path where the whole address is asked for (RFC 9112, section 3.2.2). */
const ABSOLUTE = /^https?:\/\/[^/?]*/i

/** An address that no route has. */
const NOWHERE = '/nothing/is/here'

/**
 * Maps the address of a request to that of a route where PUBLIC_URL has a path: routes are registered
 * without it, and whatever is asked for beside it is not found. Undefined where there is no path.
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
