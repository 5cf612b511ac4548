import type { LookupAddress, LookupOptions } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

/** Asks name servers directly: all addresses that they tell, none where they do not. */
export type AskServers = (name: string, family: LookupOptions['family']) => Promise<LookupAddress[]>

/** Answers that say that there is no such name, or none of that family. */
const NONE = ['ENOTFOUND', 'ENODATA']

/**
 * Holds no thread of the process, and finds what the machine itself would: what /etc/hosts says counts, and what
 * is searched for first is asked for first. A server that says nothing of one name leaves the later ones alone.
 */
export const askServers: AskServers = async (name, only) => {
  const families = ([4, 6] as const).filter(
    (family) => !only || only === family || only === `IPv${family}`,
  )
  const { listed, asked } = readName(name, textOf('/etc/hosts'), textOf('/etc/resolv.conf'))
  if (listed.length > 0)
    return listed.filter(({ family }) => families.some((one) => one === family))
  const resolver = new Resolver({ timeout: 700, tries: 2 })
  for (const full of asked) {
    const told = await Promise.allSettled(
      families.map(async (family) => {
        const addresses = await resolver[`resolve${family}`](full)
        return addresses.map((address) => ({ address, family }))
      }),
    )
    const found = told.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
    const isUnknown = told.some(
      (one) => one.status === 'rejected' && !NONE.includes(one.reason.code),
    )
    if (found.length > 0 || isUnknown) return found
  }
  return []
}

/** Of a name: its addresses in /etc/hosts, and the full names that /etc/resolv.conf makes of it, in their order. */
export function readName(
  name: string,
  hosts: string,
  resolv: string,
): { listed: LookupAddress[]; asked: string[] } {
  const bare = name.toLowerCase().replace(/\.$/, '')
  const listed = linesOf(hosts)
    .filter(([, ...names]) => names.some((one) => one.toLowerCase() === bare))
    .map(([address = '']) => ({ address, family: isIP(address) }))
    .filter(({ family }) => family !== 0)
  const lines = linesOf(resolv)
  const [, ...search] = lines.findLast(([what]) => what === 'search' || what === 'domain') ?? []
  const ndots =
    lines
      .flat()
      .findLast((word) => word.startsWith('ndots:'))
      ?.slice(6) ?? 1
  const below = search.map((domain) => `${bare}.${domain}`)
  if (name.endsWith('.')) return { listed, asked: [bare] }
  const isWhole = bare.split('.').length > Number(ndots)
  return { listed, asked: isWhole ? [bare, ...below] : [...below, bare] }
}

/** The words of each line, without comments. */
const linesOf = (text: string): string[][] =>
  text.split('\n').map((line) =>
    line
      .replace(/[#;].*/, '')
      .trim()
      .split(/\s+/),
  )

/** A file of the machine's; empty where there is none. */
function textOf(path: string): string {
  try {
    // At once: reading in the background needs a thread, too.
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
