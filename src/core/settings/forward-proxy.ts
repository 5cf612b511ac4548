import { isLoopbackHost } from './urls.ts'

/** The proxies for outgoing calls; null for none. */
export interface ForwardProxies {
  https: string | null
  http: string | null
  /** Hosts that are called directly, as NO_PROXY lists them. */
  except: readonly string[]
}

/** No proxy at all. */
export const DIRECT: ForwardProxies = { https: null, http: null, except: [] }

/**
 * The proxy for calls to a URL; null if it is called directly. This machine is never called through
 * a proxy, whatever the settings say.
 */
export function proxyFor(
  { protocol, hostname, port }: URL,
  proxies: ForwardProxies,
): string | null {
  const proxy = protocol === 'https:' ? proxies.https : proxies.http
  if (proxy === null || isLoopbackHost(hostname) || hostname.endsWith('.localhost')) return null
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const at = port || (protocol === 'https:' ? '443' : '80')
  return proxies.except.some((entry) => isExcept(entry.toLowerCase(), host, at)) ? null : proxy
}

/**
 * An entry is `*`, a host with all its subdomains (with or without `.` or `*.` before it), or an IP
 * address, with or without a port.
 */
function isExcept(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  const [, name = entry, wanted] = /^(.+?)(?::(\d+))?$/.exec(
    /^[^[]*:[^:]*:/.test(entry) ? `[${entry}]` : entry,
  ) ?? [entry]
  if (wanted !== undefined && wanted !== port) return false
  const bare = name.replace(/^\[|\]$/g, '').replace(/^\*?\./, '')
  return host === bare || host.endsWith(`.${bare}`)
}
