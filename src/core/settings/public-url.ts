import { createHash } from 'node:crypto'

/** The origin of PUBLIC_URL: what CORS and the checks against forgery compare. */
export const originOf = (publicUrl: string): string => new URL(publicUrl).origin

/** The path below which everything is served: empty, or like `/auth`. */
export const pathOf = (publicUrl: string): string => new URL(publicUrl).pathname.replace(/\/$/, '')

/** Whether browsers reach it by https. */
export const isHttps = (publicUrl: string): boolean => publicUrl.startsWith('https:')

/**
 * The whole name of one of our cookies: `__Host-` where the service is https. Two services of one origin
 * share its cookies, since `__Host-` wants `Path=/`, so that a path is told apart by a hash in the name.
 */
export function cookieName(publicUrl: string, name: string): string {
  const path = pathOf(publicUrl)
  const mark = path === '' ? '' : `${createHash('sha256').update(path).digest('hex').slice(0, 8)}-`
  return `${isHttps(publicUrl) ? '__Host-' : ''}latchkey-${mark}${name}`
}

/**
 * An address of ours as it is called from this machine: behind https stands a proxy, and on a developer's
 * machine a certificate that browsers were told to trust and Node.js was not. Another's address stays.
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

/** Where a provider sends people back to from a login. */
export const loginCallback = (publicUrl: string, provider: string): string =>
  `${publicUrl}/login/${provider}/callback`

/** Where a provider sends people back to from its own logout. */
export const logoutCallback = (publicUrl: string, provider: string): string =>
  `${publicUrl}/logout/${provider}/callback`

/** Where a provider sends its events. */
export const eventsAddress = (publicUrl: string, provider: string): string =>
  `${publicUrl}/providers/${provider}/events`
