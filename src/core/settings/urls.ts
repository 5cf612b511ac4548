/** Whether a host name or address literal can only mean this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname === '[::1]' ||
    hostname === '::1' ||
    /^127(\.\d{1,3}){3}$/.test(hostname)
  )
}

/** Whether tokens and secrets may be sent to this URL: https, or plain http to this machine. */
export function isSafeEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  if (url.username || url.password || url.hash) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname))
}

/**
 * Whether SameSite=Lax keeps one origin's cookies out of calls by the other's pages: because of the
 * scheme, which Chromium compares, too, or because they have no common domain. Two names below
 * `co.uk` count as one site here.
 */
export function isSurelyAnotherSite(one: string, other: string): boolean {
  const [a, b] = [new URL(one), new URL(other)]
  return a.protocol !== b.protocol || (a.hostname !== b.hostname && domainOf(a) !== domainOf(b))
}

/** The last two labels of a name; an IP address or a name of one label as it is. */
function domainOf({ hostname }: URL): string {
  return /^[\d.]+$|^\[/.test(hostname) ? hostname : hostname.split('.').slice(-2).join('.')
}
