import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose'
import { z } from 'zod'
import { LatchkeyError } from '../core/errors.ts'
import { untilAborted, withDeadline } from './deadline.ts'
import type { Outbound } from './outbound.ts'
import { invalidAnswer, readJson } from './read-answer.ts'

/** After this time the keys are fetched again. */
const FRESH_MS = 10 * 60 * 1000

/** An unknown `kid`, or a set that cannot be fetched, fetches the keys again at most this often. */
export const REFETCH_COOLDOWN_MS = 30_000

/** A fetch is given up while there is still time for a login to go on with the keys it has. */
const FETCH_MS = 5_000

const Jwks = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) })

/**
 * A provider's keys. A token with an unknown `kid` fetches them once more, so a rotation is noticed at
 * once; the cooldown keeps made-up ones from turning into calls. A set that cannot be fetched or read
 * never replaces a good one.
 */
export function createJwksSource(
  outbound: Outbound,
): (url: string, signal: AbortSignal) => JWTVerifyGetKey {
  let cached: { url: string; at: number; find: ReturnType<typeof createLocalJWKSet> } | null = null
  let refetchedAt = 0
  let renewedAt = 0
  let underWay: { url: string; promise: Promise<void> } | null = null

  const fetchKeys = (url: string) => {
    if (underWay?.url !== url) {
      const headers = { accept: 'application/jwk-set+json, application/json' }
      const promise = withDeadline((signal) => outbound.get(url, 'jwks', { signal, headers }), {
        ms: FETCH_MS,
      })
        .then((answer) => {
          const read = Jwks.safeParse(readJson(answer, 'jwks'))
          if (!read.success) throw invalidAnswer('jwks', 'shape', {}, read.error)
          cached = { url, at: Date.now(), find: createLocalJWKSet(usable(read.data)) }
        })
        .finally(() => {
          underWay = null
        })
      underWay = { url, promise }
    }
    return underWay.promise
  }

  return (url, signal) => async (header, token) => {
    if (cached === null || cached.url !== url) {
      await untilAborted(fetchKeys(url), signal)
    } else if (Date.now() - cached.at > FRESH_MS && Date.now() - renewedAt > REFETCH_COOLDOWN_MS) {
      renewedAt = Date.now()
      await untilAborted(fetchKeys(url), signal).catch((error) => {
        if (!(error instanceof LatchkeyError)) throw error
      })
    }
    const find = () => {
      if (cached === null) throw invalidAnswer('jwks', 'no_keys')
      return cached.find(header, token)
    }
    try {
      return await find()
    } catch (error) {
      const now = Date.now()
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      if (now - refetchedAt < REFETCH_COOLDOWN_MS) throw error
      refetchedAt = now
      await untilAborted(fetchKeys(url), signal)
      return find()
    }
  }
}

/** Public signature keys only: a set that shows private or shared keys does not get to use them. */
function usable({ keys }: z.infer<typeof Jwks>) {
  return { keys: keys.filter((key) => key.d === undefined && key.k === undefined) }
}
