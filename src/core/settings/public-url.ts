import { createHash } from 'node:crypto'

/** The origin of PUBLIC_URL, which CORS and the checks against request forgery compare. */
export const originOf = (publicUrl: string): string => new URL(publicUrl).origin

/** The path below which everything is served: empty, or for example `/auth`. */
export const pathOf = (publicUrl: string): string => new URL(publicUrl).pathname.replace(/\/$/, '')

/** Whether browsers reach it over https. */
export const isHttps = (publicUrl: string): boolean => publicUrl.startsWith('https:')

/**
 * The full name of one of our cookies, with `__Host-` if the service uses https. `__Host-` requires
 * `Path=/`, so two services on one origin share its cookies; a hash of the path in the name keeps
 * them apart.
 */
export function cookieName(publicUrl: string, name: string): string {
  const path = pathOf(publicUrl)
  const mark = path === '' ? '' : `${createHash('sha256').update(path).digest('hex').slice(0, 8)}-`
  return `${isHttps(publicUrl) ? '__Host-' : ''}latchkey-${mark}${name}`
}

/**
 * A URL of ours as this machine should call it: https is served by a proxy, and a developer's
 * machine has a certificate that browsers were told to trust and Node.js was not. Other URLs stay
 * unchanged.
 */
export function calledFromHere(
  url: string,
  { publicUrl, host, port }: { publicUrl: string; host: string; port: number },
): string {
  const origin = originOf(publicUrl)
  if (!isHttps(publicUrl) || !url.startsWith(`${origin}/`)) return url
  const name = host.includes(':') ? `[${host.replace(/^\[|\]$/g, '')}]` : host
  return `http://${name}:${port}${url.slice(origin.length)}`
}

/** The URL that a provider sends people back to after a login. */
export const loginCallback = (publicUrl: string, provider: string): string =>
  `${publicUrl}/login/${provider}/callback`

/** The URL that a provider sends people back to after its own logout. */
export const logoutCallback = (publicUrl: string, provider: string): string =>
  `${publicUrl}/logout/${provider}/callback`

/** The URL that a provider sends its events to. */
export const eventsAddress = (publicUrl: string, provider: string): string =>
  `${publicUrl}/providers/${provider}/events`
