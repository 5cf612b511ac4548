import type { LookupAddress } from 'node:dns'
import ipaddr from 'ipaddr.js'
import { type ForwardProxies, proxyFor } from '../../core/settings/forward-proxy.ts'
import { noTracer, type SpanStart, type Tracer } from '../../core/tracer.ts'
import { withDeadline } from './deadline.ts'
import { Agent, type Dispatcher, ProxyAgent, send } from './http-client.ts'
import { type AskForAddresses, createLookup } from './lookup.ts'
import { endOfCall } from './outbound.ts'
import { readRetryAfter } from './retry-after.ts'

/** How many bytes of an answer are read; the rest is not waited for. */
const READ_BYTES = 64 * 1024

/**
 * Posts to URLs that the operator has set. Private addresses are allowed, link-local ones never.
 */
export interface Delivery {
  /**
   * Gives the status and headers; redirects are not followed. Rejects where there is no answer
   * within ten seconds.
   */
  post(
    url: string,
    sent: { type: string; body: string; headers?: Readonly<Record<string, string>> },
    stop: AbortSignal,
  ): Promise<DeliveryAnswer>
}

/** The parts of an answer that matter to a delivery; its body does not. */
export interface DeliveryAnswer {
  status: number
  /** After how many seconds it may be asked again, where it says so. */
  retryAfterSeconds: number | undefined
}

const NEVER: readonly string[] = ['linkLocal', 'multicast', 'broadcast', 'unspecified']
const WITHIN: readonly string[] = ['loopback', 'private', 'uniqueLocal', 'carrierGradeNat']

/**
 * The IPv6 addresses at which clouds give a machine its own credentials, as 169.254.169.254 does
 * over IPv4. They look like private addresses and belong to the local link: AWS's (metadata, names,
 * time, credentials of pods) and Google's.
 */
const CLOUD_LINKS = ['fd00:ec2::/32', 'fd20:ce::254/128'].map((cidr) => ipaddr.IPv6.parseCIDR(cidr))

const isCloudLink = (address: ipaddr.IPv4 | ipaddr.IPv6): boolean =>
  address instanceof ipaddr.IPv6 && CLOUD_LINKS.some((link) => address.match(link))

/** Where an IPv6 address holds the IPv4 address that a gateway would send it to. */
const GATEWAYS: Readonly<Record<string, number | undefined>> = {
  rfc6052: 12,
  rfc6145: 12,
  '6to4': 2,
}

/** An address, and the IPv4 address that it stands for behind a gateway. */
function addressesIn(address: string) {
  const given = ipaddr.process(address)
  const at = GATEWAYS[given.range()]
  if (at === undefined) return [given]
  return [given, ipaddr.fromByteArray(given.toByteArray().slice(at, at + 4))]
}

/**
 * Whether an address may be connected to; with plain http only on this machine or in a private
 * network.
 */
export function mayConnect(address: string, isPlain: boolean): boolean {
  if (!ipaddr.isValid(address)) return false
  const given = addressesIn(address)
  if (given.some(isCloudLink)) return false
  const ranges = given.map((one) => one.range())
  if (ranges.some((range) => NEVER.includes(range))) return false
  return !isPlain || WITHIN.includes(ranges[0] ?? '')
}

class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
  readonly code = 'ADDRESS_REFUSED'
}

/** Checks the addresses at the moment of connecting: an earlier look-up may have given others. */
export const lookupChecked =
  (isPlain: boolean, lookup: AskForAddresses) =>
  (
    name: string,
    options: object & { all?: boolean },
    callback: (error: Error | null, address?: string | LookupAddress[], family?: number) => void,
  ): void => {
    lookup(name, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error)
      const [first] = addresses
      if (first === undefined || addresses.some(({ address }) => !mayConnect(address, isPlain))) {
        return callback(new AddressRefused('an address of this host is not allowed'))
      }
      return options.all ? callback(null, addresses) : callback(null, first.address, first.family)
    })
  }

const DELIVERING: SpanStart = {
  name: 'POST',
  kind: 'client',
  attributes: { 'http.request.method': 'POST' },
}

/**
 * Rejects where this machine resolves the host name to an address that is not allowed; the proxy
 * may resolve it to others.
 */
const checkForProxy = (name: string, isPlain: boolean, lookup: AskForAddresses): Promise<void> =>
  new Promise((resolve, reject) => {
    lookupChecked(isPlain, lookup)(name, { all: true }, (error) =>
      error instanceof AddressRefused ? reject(error) : resolve(),
    )
  })

/**
 * The client for deliveries. It passes the trace on, since receivers are the operator's own or
 * their apps. `lookup` replaces the machine's own in tests.
 */
export function createDelivery(
  proxies: ForwardProxies,
  tracer: Tracer = noTracer,
  lookup: AskForAddresses = createLookup() as AskForAddresses,
): Delivery & { close(): Promise<void> } {
  const agent = (isPlain: boolean) =>
    new Agent({ connect: { timeout: 3_000, lookup: lookupChecked(isPlain, lookup) as never } })
  const made = new Map<string, Dispatcher>()
  const through = (name: string, make: () => Dispatcher) => {
    const dispatcher = made.get(name) ?? make()
    made.set(name, dispatcher)
    return dispatcher
  }
  const dispatcherFor = async (url: URL): Promise<Dispatcher> => {
    const isPlain = url.protocol === 'http:'
    // A literal address is not looked up, and a refused one is not passed to a proxy either.
    const host = url.hostname.replace(/^\[|\]$/g, '')
    if (ipaddr.isValid(host) && !mayConnect(host, isPlain)) {
      throw new AddressRefused('this address is not allowed')
    }
    const proxy = proxyFor(url, proxies)
    if (proxy !== null) {
      if (!ipaddr.isValid(host)) await checkForProxy(host, isPlain, lookup)
      return through(
        proxy,
        () => new ProxyAgent({ uri: proxy, proxyTls: { lookup: lookup as never } }),
      )
    }
    return through(url.protocol, () => agent(isPlain))
  }
  return {
    post: (url, { type, body, headers = {} }, stop) =>
      tracer.trace(
        DELIVERING,
        (traceHeaders) =>
          withDeadline(
            async (deadline) => {
              const target = new URL(url)
              const { status, headers: said } = await send(target, {
                dispatcher: await dispatcherFor(target),
                method: 'POST',
                deadline,
                body,
                headers: {
                  'content-type': type,
                  'user-agent': 'latchkey',
                  ...traceHeaders,
                  ...headers,
                },
                enough: READ_BYTES,
              })
              return { status, retryAfterSeconds: readRetryAfter(said) }
            },
            { stop },
          ),
        endOfCall,
      ),
    close: async () => {
      await Promise.all([...made.values()].map((dispatcher) => dispatcher.destroy()))
    },
  }
}
