import type { FastifyRequest } from 'fastify'
import ipaddr from 'ipaddr.js'
import { LatchkeyError } from '../core/errors.ts'
import { deriveKey, keyedHash } from '../core/secrets.ts'
import type { RequestCounts } from '../core/stores.ts'

/** What one address may ask for within a window, by the name of the limit. */
const LIMITS = {
  login: { most: 60, windowSeconds: 60 },
  token: { most: 150, windowSeconds: 300 },
  native: { most: 30, windowSeconds: 60 },
} as const

/** Counts a request; throws `rate_limited` where it is one too many. Fit for an `onRequest` hook. */
export type RateLimit = (request: FastifyRequest) => Promise<void>

/** Each limit, by its name. */
export type RateLimits = Readonly<Record<keyof typeof LIMITS, RateLimit>>

/** What is said to whoever is limited. */
export const TOO_MANY = 'Too many requests came from this address. Please wait a moment.'

/** Addresses that are remembered as being over a limit. */
const MOST_REMEMBERED = 10_000

/** A database that could not count is left alone for this time. */
const PAUSE_MS = 1_000

/**
 * The limits, each counted per address on all replicas together. A window opens with an address's first
 * request and lets `most` through. Once the count is over that, this process answers by itself until the
 * window ends, so that a flood costs the database nothing. Without the database nobody is limited: a
 * login can start without it, so it must not fail for want of a count.
 */
export function createRateLimits(options: {
  counts: RequestCounts
  /** The first keys the hashes; another first one opens new windows. */
  secrets: readonly string[]
  /** Told of each refusal. */
  limited: (limit: string) => void
}): RateLimits {
  const [secret = ''] = options.secrets
  const key = deriveKey(secret, 'rate limits')
  const over = new Map<string, number>()
  let pausedUntil = 0

  const limit = (name: keyof typeof LIMITS): RateLimit => {
    const { most, windowSeconds } = LIMITS[name]
    return async (request) => {
      const hash = keyedHash(key, `${name} ${networkOf(request.ip)}`)
      const now = Date.now()
      const known = over.get(hash) ?? 0
      if (known > now) throw refuse(name, known - now)
      if (pausedUntil > now) return
      const counted = await options.counts.count(hash, windowSeconds).catch((err) => {
        pausedUntil = Date.now() + PAUSE_MS
        request.log.warn({ event: 'rate_limit_away', err }, 'requests are not limited for a moment')
        return null
      })
      if (counted === null || counted.count <= most) return
      remember(hash, now + counted.endsInMs)
      throw refuse(name, counted.endsInMs)
    }
  }

  function refuse(name: string, waitMs: number): LatchkeyError {
    options.limited(name)
    return new LatchkeyError('rate_limited', TOO_MANY, {
      evidence: { limit: name },
      retryAfterSeconds: Math.ceil(waitMs / 1000),
    })
  }

  function remember(hash: string, until: number): void {
    over.delete(hash)
    const [oldest] = over.keys()
    if (oldest !== undefined && over.size >= MOST_REMEMBERED) over.delete(oldest)
    over.set(hash, until)
  }

  return { login: limit('login'), token: limit('token'), native: limit('native') }
}

/** Limits that limit nobody, for RATE_LIMIT=off. */
export const noRateLimits: RateLimits = {
  login: async () => {},
  token: async () => {},
  native: async () => {},
}

/**
 * What of an address is counted as one: IPv4 whole, also where it is written as IPv6; of IPv6 the /64,
 * all of which one connection usually has.
 */
export function networkOf(address: string): string {
  // A proxy may send on what is no address.
  if (!ipaddr.isValid(address)) return address
  const bytes = ipaddr.process(address).toByteArray()
  return bytes.slice(0, bytes.length === 16 ? 8 : 4).join('.')
}
