import { type LookupAddress, type LookupOptions, lookup as lookUp } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { type AskServers, askServers } from './name-servers.ts'

/** A look-up of the machine's own that takes longer is waiting, for a name server or for other names. */
const QUICK_MS = 500

/** Asks for all addresses of a host name. */
export type AskForAddresses = (
  name: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/**
 * Looks a name up once at a time, for all who want it meanwhile. The machine's own look-up holds one of the two
 * threads that Node has for look-ups, for as long as a name server says nothing: two names that hang would keep
 * everybody else's waiting. Where it is not quick, the name servers are asked beside it, and whoever knows the
 * name first is believed; that there is none, the machine alone can say, which is asked for no name twice. Nothing
 * is kept.
 */
export function createLookup(
  ask: AskForAddresses = lookUp,
  servers: AskServers = askServers,
): LookupFunction {
  type Told = Parameters<AskForAddresses>[2]
  const underWay = new Map<string, (tell: Told) => void>()
  return (name, { all, ...options }, callback) => {
    const tell: Told = (error, addresses) => {
      if (error !== null) callback(error, [])
      else if (all) callback(null, addresses)
      else callback(null, addresses[0]?.address ?? '', addresses[0]?.family)
    }
    const { family, hints, order, verbatim } = options
    const key = JSON.stringify([name, family, hints, order, verbatim])
    const join = underWay.get(key)
    if (join !== undefined) return join(tell)
    const waiting = [tell]
    const answer: Told = (error, addresses) => {
      for (const each of waiting.splice(0)) each(error, addresses)
    }
    let isSlow = false
    let isAsking = false
    const askBeside = async () => {
      if (isAsking) return
      isAsking = true
      const addresses = await servers(name, family).catch(() => [])
      isAsking = false
      if (addresses.length > 0) answer(null, addresses)
    }
    const beside = setTimeout(() => {
      isSlow = true
      void askBeside()
    }, QUICK_MS)
    underWay.set(key, (late) => {
      waiting.push(late)
      if (isSlow) void askBeside()
    })
    ask(name, { ...options, all: true }, (error, addresses) => {
      clearTimeout(beside)
      underWay.delete(key)
      answer(error, addresses)
    })
  }
}
