import { isLoopbackHost } from '../settings/urls.ts'

/** Schemes that run or read something instead of leading back to an app. */
const DANGEROUS = /^(javascript|data|vbscript|file|blob|about|filesystem|ftp|ws|wss|view-source):/i

/** A host and its port without a scheme, which parses as a URL whose scheme is that host. */
const HOST_ALONE = /^[\w.-]+:\d{1,5}(?:[/?#]|$)/

/**
 * Whether a registered URI matches with any port: an http loopback IP literal (RFC 8252, section
 * 7.3).
 */
const isLoopbackIp = (url: URL) =>
  url.protocol === 'http:' && url.hostname !== 'localhost' && isLoopbackHost(url.hostname)

/** Why a URI cannot be registered. */
export type RedirectUriProblem =
  | 'not_a_url'
  | 'host_alone'
  | 'characters'
  | 'not_ascii'
  | 'scheme'
  | 'fragment'
  | 'user'
  | 'plain_http'

/**
 * Why a URI cannot be registered, null where it can: ASCII, https, http to a loopback host, or an app's own
 * scheme; no fragment, no wildcard, no user.
 */
export function redirectUriProblem(text: string): RedirectUriProblem | null {
  if (!URL.canParse(text)) return 'not_a_url'
  if (HOST_ALONE.test(text)) return 'host_alone'
  if (/[\s*\\]/.test(text)) return 'characters'
  const url = new URL(text)
  if (DANGEROUS.test(url.protocol)) return 'scheme'
  // It cannot be sent in a Location header, and browsers send the percent-encoded form (RFC 3986,
  // section 2).
  if (/[^\x21-\x7e]/.test(text)) return 'not_ascii'
  if (text.includes('#')) return 'fragment'
  if (url.username || url.password) return 'user'
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) return 'plain_http'
  return null
}

/**
 * Whether a client that registered `registered` may be answered at `asked`: the same text, or on a
 * loopback IP another port.
 */
export function matchesRedirectUri(registered: string, asked: string): boolean {
  if (registered === asked) return true
  const url = new URL(registered)
  if (!isLoopbackIp(url)) return false
  const [, host = '', port = '', rest = ''] =
    /^http:\/\/(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?((?:[/?].*)?)$/s.exec(asked) ?? []
  if (host === '' || (port !== '' && Number(port.slice(1)) > 65_535)) return false
  const own = /^http:\/\/[^/?]+?(?::\d+)?((?:[/?].*)?)$/s.exec(registered)?.[1] ?? ''
  return host === url.hostname && rest === own
}

/** The redirect URI as it was registered, with parameters added to its query (RFC 6749, section 3.1.2). */
export function withParameters(uri: string, parameters: Record<string, string>): string {
  const added = new URLSearchParams(parameters).toString().replaceAll('+', '%20')
  if (added === '') return uri
  return `${uri}${uri.includes('?') ? '&' : '?'}${added}`
}
