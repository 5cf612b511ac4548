import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { LatchkeyError } from '../../core/errors.ts'
import { type Deadline, untilOver, withDeadline } from '../outbound/deadline.ts'
import { fieldsOf } from '../outbound/fields.ts'
import type { Outbound } from '../outbound/outbound.ts'
import { invalidAnswer, readJson } from '../outbound/read-answer.ts'
import { type JwsHeader, type KeyFinder, keyTypeOf } from './jws.ts'

/** After this time the keys are fetched again. */
const FRESH_MS = 10 * 60 * 1000

/**
 * How often keys are fetched again at most, after a token that no key verifies or a failed fetch.
 */
const REFETCH_COOLDOWN_MS = 30_000

/** A fetch ends early enough for the login to continue with the keys that are known. */
const FETCH_MS = 5_000

/**
 * Times come from the monotonic clock: if the system clock were set back, no new key would be found
 * until it caught up.
 */
const NEVER = Number.NEGATIVE_INFINITY

/** How many keys of a set are read at most. */
const MAX_KEYS = 100

const MIN_RSA_BITS = 2048

const JwkSet = z.object({ keys: z.array(z.unknown()).min(1) })

/** The members of a key in a set (RFC 7517, section 4) that are read. */
const Jwk = z.looseObject({
  kty: z.string(),
  kid: z.string().nullish(),
  alg: z.string().nullish(),
  use: z.string().nullish(),
  key_ops: z.array(z.unknown()).nullish(),
  crv: z.string().nullish(),
})

/** A key that can verify, created once. */
interface PublicKey {
  jwk: z.infer<typeof Jwk>
  key: KeyObject
}

/**
 * A provider's keys. A token that no known key verifies makes the set be fetched again, so that a
 * rotation is noticed at once. The cooldown prevents made-up tokens from causing many calls. A set
 * that cannot be fetched or read never replaces a good one.
 */
export function createJwksSource(
  outbound: Outbound,
  cooldownMs = REFETCH_COOLDOWN_MS,
): (url: string, deadline: Deadline) => KeyFinder {
  let cached: { url: string; at: number; keys: PublicKey[] } | null = null
  /**
   * When the set was last fetched again, for tokens with a known key id and with an unknown one.
   * They are kept apart so that forged tokens of one kind do not delay a rotation of the other.
   */
  const refetchedAt = { known: NEVER, unknown: NEVER }
  let renewedAt = NEVER
  let underWay: { url: string; promise: Promise<void> } | null = null

  const fetchKeys = (url: string) => {
    if (underWay?.url !== url) {
      const headers = { accept: 'application/jwk-set+json, application/json' }
      const promise = withDeadline((deadline) => outbound.get(url, 'jwks', { deadline, headers }), {
        ms: FETCH_MS,
      })
        .then((answer) => {
          cached = { url, at: performance.now(), keys: readKeys(readJson(answer, 'jwks')) }
        })
        .finally(() => {
          underWay = null
        })
      underWay = { url, promise }
    }
    return underWay.promise
  }

  return (url, deadline) => async (header, isAgain) => {
    const fitting = () => (cached?.keys ?? []).filter((key) => fits(key, header)).map(toKey)
    const isOver = (at: number, ms: number) => performance.now() - at >= ms
    if (cached === null || cached.url !== url) {
      await untilOver(fetchKeys(url), deadline)
    } else if (isOver(cached.at, FRESH_MS) && isOver(renewedAt, cooldownMs)) {
      renewedAt = performance.now()
      await untilOver(fetchKeys(url), deadline).catch(unlessKnown)
    }
    const known = fitting()
    // Some providers reuse the id of the old key for a new one.
    const kind = known.length > 0 ? 'known' : 'unknown'
    if (!isAgain || !isOver(refetchedAt[kind], cooldownMs)) return known
    refetchedAt[kind] = performance.now()
    await untilOver(fetchKeys(url), deadline).catch((error) => {
      if (kind === 'unknown') throw error
      unlessKnown(error)
    })
    return fitting()
  }
}

/** Ignores a failed fetch where keys are known already. */
function unlessKnown(error: unknown): void {
  if (!(error instanceof LatchkeyError)) throw error
}

const toKey = ({ key }: PublicKey) => key

/**
 * The usable keys of a set; broken, repeated and unknown ones are left out. Throws where the
 * document is no key set.
 */
function readKeys(document: unknown): PublicKey[] {
  const set = JwkSet.safeParse(document)
  if (!set.success) throw invalidAnswer('jwks', 'shape', { field: fieldsOf(set.error) })
  const found = new Map<string, PublicKey>()
  for (const entry of set.data.keys.slice(0, MAX_KEYS)) {
    const key = readKey(entry)
    if (key === null) continue
    const { kid, alg, use } = key.jwk
    const der = key.key.export({ type: 'spki', format: 'der' }).toString('base64')
    const name = JSON.stringify([der, kid, alg, use])
    if (!found.has(name)) found.set(name, key)
  }
  return [...found.values()]
}

/** A public key. A key that shows its private part, and a shared secret, are not used. */
function readKey(entry: unknown): PublicKey | null {
  const jwk = Jwk.safeParse(entry).data
  if (jwk === undefined || jwk.d !== undefined || jwk.k !== undefined) return null
  try {
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' })
    const bits = key.asymmetricKeyDetails?.modulusLength
    return bits === undefined || bits >= MIN_RSA_BITS ? { jwk, key } : null
  } catch {
    return null
  }
}

/** Whether a key fits a token with this header. A key without a `kid` may fit any. */
function fits({ jwk }: PublicKey, { alg, kid }: JwsHeader): boolean {
  const type = keyTypeOf(alg)
  return (
    type !== undefined &&
    jwk.kty === type.kty &&
    (type.crv === undefined || jwk.crv === type.crv) &&
    (kid === undefined || (jwk.kid ?? kid) === kid) &&
    (jwk.alg ?? alg) === alg &&
    (jwk.use ?? 'sig') === 'sig' &&
    (jwk.key_ops?.includes('verify') ?? true)
  )
}
