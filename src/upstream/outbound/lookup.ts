import { type LookupAddress, type LookupOptions, lookup as lookUp } from 'node:dns'
import { Resolver } from 'node:dns/promises'

/** A look-up of the machine's own that takes longer is waiting, for a name server or for other names. */
const QUICK_MS = 500

/** Asks for all addresses of a host name. */
export type AskForAddresses = (
  name: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/** What a connection asks for its host by: for one address, or for all (`node:net`, option `lookup`). */
export type Lookup = (
  name: string,
  options: LookupOptions,
  callback: (
    error: NodeJS.ErrnoException | null,
    address?: string | LookupAddress[],
    family?: number,
  ) => void,
) => void

/** Asks name servers directly: all addresses that they tell, none where they do not. */
export type AskServers = (name: string, family: LookupOptions['family']) => Promise<LookupAddress[]>

/** Holds no thread, and knows nothing of /etc/hosts. */
const askServers: AskServers = async (name, only) => {
  const resolver = new Resolver({ timeout: 700, tries: 2 })
  const told = await Promise.all(
    ([4, 6] as const).map(async (family) => {
      if (only && only !== family && only !== `IPv${family}`) return []
      const addresses = await resolver[`resolve${family}`](name).catch((): string[] => [])
      return addresses.map((address) => ({ address, family }))
    }),
  )
  return told.flat()
}

/**
 * Looks a name up once at a time, for all who want it meanwhile. The machine's own look-up holds one of the two
 * threads that Node has for look-ups, for as long as a name server says nothing: two names that hang would keep
 * everybody else's waiting. Where it is not quick, the name servers are asked beside it, and whoever knows the
 * name first is believed; that there is none, the machine alone can say. Nothing is kept.
 */
export function createLookup(
  ask: AskForAddresses = lookUp,
  servers: AskServers = askServers,
): Lookup {
  type Told = Parameters<AskForAddresses>[2]
  const underWay = new Map<string, Told[]>()
  return (name, { all, ...options }, callback) => {
    const tell: Told = (error, addresses) => {
      if (error !== null) callback(error)
      else if (all) callback(null, addresses)
      else callback(null, addresses[0]?.address, addresses[0]?.family)
    }
    const { family, hints, order, verbatim } = options
    const key = JSON.stringify([name, family, hints, order, verbatim])
    const others = underWay.get(key)
    if (others !== undefined) return void others.push(tell)
    const waiting = [tell]
    underWay.set(key, waiting)
    const answered: Told = (error, addresses) => {
      clearTimeout(beside)
      if (underWay.get(key) === waiting) underWay.delete(key)
      for (const each of waiting.splice(0)) each(error, addresses)
    }
    const beside = setTimeout(async () => {
      const addresses = await servers(name, family).catch(() => [])
      if (addresses.length > 0) answered(null, addresses)
    }, QUICK_MS)
    ask(name, { ...options, all: true }, answered)
  }
}
