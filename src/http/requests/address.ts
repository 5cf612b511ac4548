import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import ipaddr from 'ipaddr.js'

/** An IP address, perhaps in brackets, with the port that some proxies append. */
const WITH_PORT = /^(?:\[([0-9a-f:.]+)\]|(\d{1,3}(?:\.\d{1,3}){3}))(?::\d+)?$/i

/** How an IPv4 address looks where the server listens to both families (HOST is `::`). */
const WITHIN_IPV6 = /^::ffff:(?=\d+\.)/i

/**
 * An address as a proxy may write it, without its brackets, port, and the zone of a link-local one.
 */
function withoutPort(address: string): string {
  const [, inBrackets, plain] = WITH_PORT.exec(address) ?? []
  return (inBrackets ?? plain ?? address).replace(/%[0-9a-z]*$/i, '').replace(WITHIN_IPV6, '')
}

/**
 * The client's IP address. If a proxy passes on something that is no address, that proxy's own
 * address is used: with a made-up word nobody gets a limit of their own, or writes into the log.
 */
export function addressOf({ ip, ips = [] }: Pick<FastifyRequest, 'ip' | 'ips'>): string {
  const address = withoutPort(ip)
  if (isAddress(address)) return address
  return ips.map(withoutPort).findLast(isAddress) ?? ''
}

// The short forms of IPv4 do not count: nobody writes them in good faith.
const isAddress = (text: string) => isIP(text) !== 0

/**
 * Tells whether an address (from X-Forwarded-For, or of the connection) belongs to one of these
 * proxies, given as addresses and CIDRs. It may have a port appended.
 */
export function trustedBy(proxies: readonly string[]): (address: string) => boolean {
  const ranges = proxies.map(rangeOf)
  return (text) => {
    const address = withoutPort(text)
    if (!ipaddr.isValid(address)) return false
    const ip = ipaddr.process(address)
    return ranges.some(([range, bits]) => ip.kind() === range.kind() && ip.match(range, bits))
  }
}

/** A CIDR, or a single address as a range; IPv4 within IPv6 as IPv4. */
function rangeOf(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const [address = '', length] = text.split('/')
  const ip = ipaddr.parse(address)
  const most = ip.toByteArray().length * 8
  const bits = length === undefined ? most : Number(length)
  const isMapped = 'isIPv4MappedAddress' in ip && ip.isIPv4MappedAddress() && bits >= 96
  return isMapped ? [ipaddr.process(address), bits - 96] : [ip, bits]
}
