import type { FastifyRequest } from 'fastify'
import ipaddr from 'ipaddr.js'
import { LatchkeyError } from '../core/errors.ts'
import { said } from '../core/messages.ts'
import { createRecent } from '../core/recent.ts'
import type { RequestCounts } from '../core/request-counts.ts'
import { deriveKey, keyedHash } from '../core/secrets.ts'
import type { FailureLimit, RateLimit, UserLimit } from '../http/limits.ts'
import { placeOf } from '../http/log/known.ts'
import { addressOf } from '../http/requests/address.ts'

/** How much one address or user may request within a window, by the limit's name. */
const LIMITS = {
  login: { most: 60, windowSeconds: 60 },
  token: { most: 150, windowSeconds: 300 },
  native: { most: 30, windowSeconds: 60 },
  /** Failed authentications of one client. */
  client: { most: 30, windowSeconds: 60 },
  /** Requests of one user below /me, and writes there. */
  account: { most: 300, windowSeconds: 60 },
  /** Exports of one user. */
  export: { most: 6, windowSeconds: 3600 },
  /** Events of providers without a valid proof. */
  proof: { most: 30, windowSeconds: 60 },
} as const

type LimitName = keyof typeof LIMITS

/** Each limit, by its name. */
export type RateLimits = Readonly<
  Record<'login' | 'token' | 'native', RateLimit> &
    Record<'account' | 'export', UserLimit> &
    Record<'client' | 'proof', FailureLimit>
>

/** Addresses that are remembered as being over a limit. */
const REMEMBERED = 5_000

/** After the database could not count, it is not asked for this time. */
const PAUSE_MS = 1_000

/**
 * The limits, each counted per address on all replicas together. A window opens with an address's
 * first request and allows `most`. Once the count is higher, this process refuses without the
 * database until the window ends, so that a flood costs the database nothing; the end is measured
 * by the monotonic clock, which cannot be set. Without the database nobody is limited: a login can
 * start without it, so it must not fail for lack of a count.
 */
export function createRateLimits(options: {
  counts: RequestCounts
  /** The first one is the key of the hashes; if it changes, new windows open. */
  secrets: readonly string[]
  /** Called for each refusal. */
  limited: (limit: string) => void
}): RateLimits {
  const [secret = ''] = options.secrets
  const key = deriveKey(secret, 'rate limits')
  const over = createRecent<number>(REMEMBERED)
  let pausedUntil = 0

  const keyOf = (name: string, request: FastifyRequest, subject: string) =>
    keyedHash(key, [name, networkOf(addressOf(request)), subject].filter(Boolean).join(' '))

  const check = (name: LimitName, hash: string) => {
    const left = (over.get(hash) ?? 0) - performance.now()
    if (left > 0) throw refuse(name, left)
  }

  /** Counts one more; throws if that is over the limit. */
  const add = async (name: LimitName, hash: string, request: FastifyRequest) => {
    const { most, windowSeconds } = LIMITS[name]
    const now = performance.now()
    if (pausedUntil > now) return
    const counted = await options.counts.count(hash, windowSeconds).catch((err) => {
      pausedUntil = performance.now() + PAUSE_MS
      const facts = { event: 'rate_limit_away', ...placeOf(request), err }
      request.log.warn(
        facts,
        'requests cannot be counted in the database and are not rate limited for a moment',
      )
      return null
    })
    if (counted === null || counted.count <= most) return
    over.set(hash, now + counted.endsInMs)
    throw refuse(name, counted.endsInMs)
  }

  const limit =
    (name: LimitName): RateLimit =>
    async (request) => {
      const hash = keyOf(name, request, '')
      check(name, hash)
      await add(name, hash, request)
    }

  const ofUser =
    (name: LimitName): UserLimit =>
    async (request, userId) => {
      const hash = keyedHash(key, `${name} ${userId}`)
      check(name, hash)
      await add(name, hash, request)
    }

  const failures = (name: LimitName): FailureLimit => {
    // Counted here at once, too: of a thousand guesses at the same time, no more than the limit are
    // checked.
    const failed = createRecent<{ count: number; endsAt: number }>(REMEMBERED)
    return {
      check(request, subject) {
        const hash = keyOf(name, request, subject)
        check(name, hash)
        const { count = 0, endsAt = 0 } = failed.get(hash) ?? {}
        const left = endsAt - performance.now()
        if (left > 0 && count > LIMITS[name].most) throw refuse(name, left)
      },
      async failed(request, subject) {
        const hash = keyOf(name, request, subject)
        const now = performance.now()
        const before = failed.get(hash)
        const window =
          before !== undefined && before.endsAt > now
            ? before
            : { count: 0, endsAt: now + LIMITS[name].windowSeconds * 1000 }
        failed.set(hash, { ...window, count: window.count + 1 })
        await add(name, hash, request)
      },
    }
  }

  function refuse(name: LimitName, waitMs: number): LatchkeyError {
    options.limited(name)
    return new LatchkeyError('rate_limited', said.tooMany, {
      evidence: { limit: name },
      retryAfterSeconds: Math.ceil(waitMs / 1000),
    })
  }

  return {
    login: limit('login'),
    token: limit('token'),
    native: limit('native'),
    client: failures('client'),
    account: ofUser('account'),
    export: ofUser('export'),
    proof: failures('proof'),
  }
}

/** Limits that never refuse, for RATE_LIMIT=off. */
export const noRateLimits: RateLimits = {
  login: async () => {},
  token: async () => {},
  native: async () => {},
  client: { check: () => {}, failed: async () => {} },
  account: async () => {},
  export: async () => {},
  proof: { check: () => {}, failed: async () => {} },
}

/**
 * The part of an address that is counted as one: all of an IPv4 address, also if it is written as
 * IPv6; of IPv6 the /64, which usually belongs to one connection.
 */
export function networkOf(address: string): string {
  // A proxy may pass on something that is not an address.
  if (!ipaddr.isValid(address)) return address
  const bytes = ipaddr.process(address).toByteArray()
  return bytes.slice(0, bytes.length === 16 ? 8 : 4).join('.')
}
