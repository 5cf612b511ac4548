import { type LookupAddress, type LookupOptions, lookup as lookUp } from 'node:dns'

/** Looks up all addresses of a host name. */
export type AskForAddresses = (
  name: string,
  options: LookupOptions & { all: true },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

/** The look-up that a connection uses, for one address or for all (`node:net`, option `lookup`). */
export type Lookup = (
  name: string,
  options: LookupOptions,
  callback: (
    error: NodeJS.ErrnoException | null,
    address?: string | LookupAddress[],
    family?: number,
  ) => void,
) => void

/**
 * Looks a name up once at a time, for all callers that want it meanwhile. The system's look-up
 * holds one of the threads that Node has for it (half of UV_THREADPOOL_SIZE: two of four) for as
 * long as a name server does not answer. Two logins at one provider whose name hangs would block
 * everybody else's look-ups. Results are not kept.
 */
export function createLookup(ask: AskForAddresses = lookUp): Lookup {
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
    ask(name, { ...options, all: true }, (error, addresses) => {
      underWay.delete(key)
      for (const each of waiting) each(error, addresses)
    })
  }
}
