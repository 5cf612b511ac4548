import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import ipaddr from 'ipaddr.js'

/** An address, in brackets or not, with the port that some proxies write behind it. */
const WITH_PORT = /^(?:\[([0-9a-f:.]+)\]|(\d{1,3}(?:\.\d{1,3}){3}))(?::\d+)?$/i

/** An IPv4 address as it comes where the server listens to both kinds (HOST is `::`). */
const WITHIN_IPV6 = /^::ffff:(?=\d+\.)/i

/** An address as a proxy may write it, without brackets and port, and without the zone of a link-local one. */
function withoutPort(address: string): string {
  const [, inBrackets, plain] = WITH_PORT.exec(address) ?? []
  return (inBrackets ?? plain ?? address).replace(/%[0-9a-z]*$/i, '').replace(WITHIN_IPV6, '')
}

/**
 * The address that a request comes from. Where a proxy passes on what is none, it is that of the proxy
 * that did so: nobody gets a limit of their own, or writes into the log, by a word of their choice.
 */
export function addressOf({ ip, ips = [] }: Pick<FastifyRequest, 'ip' | 'ips'>): string {
  const address = withoutPort(ip)
  if (isAddress(address)) return address
  return ips.map(withoutPort).findLast(isAddress) ?? ''
}

// Not the short forms of IPv4, which nobody writes in good faith.
const isAddress = (text: string) => isIP(text) !== 0

/**
 * Whether an address of X-Forwarded-For, or of the peer, is one of these proxies (addresses and CIDRs).
 * A proxy before another is one too where that one writes a port behind its address.
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

/** A CIDR, or an address as the range that it is alone; IPv4 within IPv6 as IPv4. */
function rangeOf(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  const [address = '', length] = text.split('/')
  const ip = ipaddr.parse(address)
  const most = ip.toByteArray().length * 8
  const bits = length === undefined ? most : Number(length)
  const isMapped = 'isIPv4MappedAddress' in ip && ip.isIPv4MappedAddress() && bits >= 96
  return isMapped ? [ipaddr.process(address), bits - 96] : [ip, bits]
}
