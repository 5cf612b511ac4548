import type { StoredSigningKey } from '../../core/tokens/key-store.ts'

/** The times of key rotation, in milliseconds. */
export interface KeyTimes {
  /** How long a key signs before the next takes over. */
  rotation: number
  /** How long a key is published before it signs, at least. */
  lead: number
  /** How long the one is that takes over by itself, for verifiers that ask for no unknown `kid`. */
  ahead: number
  /** How long a key is published after it signed last: the life of a token and some. */
  tail: number
  /** How often each replica looks at the ring. */
  poll: number
}

// Most verifiers keep a key set for some minutes, and ask for an unknown `kid`.
const MAX_LEAD = 15 * 60_000
// Gateways and frameworks do neither, some for hours, and .NET for a day by default.
const MAX_AHEAD = 25 * 60 * 60_000
const MAX_POLL = 10_000

/** Times that fit a rotation of this length: short ones shrink, so that the order of events holds. */
export function keyTimes(rotationSeconds: number, accessTokenTtlSeconds: number): KeyTimes {
  const rotation = rotationSeconds * 1000
  const lead = Math.min(rotation / 4, MAX_LEAD)
  const ahead = Math.min(rotation / 4, MAX_AHEAD)
  const poll = Math.min(lead / 3, MAX_POLL)
  return { rotation, lead, ahead, poll, tail: accessTokenTtlSeconds * 1000 + 60_000 + poll }
}

/** What is to be done to the ring, before any key is made. */
export interface KeyPlan {
  /** Make a key of this algorithm that signs from this time on. */
  add: { alg: string; signsFrom: number }[]
  change: StoredSigningKey[]
  /** Keep only the public half of these: they are no longer published. */
  retire: string[]
  remove: string[]
}

/** What a ring is for. */
export interface KeyNeeds {
  /** Of access tokens. Another one takes over after its lead, and the one before signs until then. */
  accessAlg: string
  /** Of ID tokens, whose clients take no other: a first key signs at once. */
  idAlgs: readonly string[]
  /** For how long the public half of a retired key is kept, in milliseconds. */
  keepMs: number
}

/** The key that signs at `now`: the one whose turn came last. */
export function currentKey<Key extends { signsFrom: number }>(
  ring: readonly Key[],
  now: number,
): Key | undefined {
  return ring.filter((key) => key.signsFrom <= now).at(-1)
}

/** Whether a key is neither published nor signs any more. */
export const isRetired = (key: StoredSigningKey, now: number): boolean =>
  key.publishedUntil !== null && key.publishedUntil < now

/**
 * Decides what a ring needs now, for each algorithm by itself. `ring` is in order of `signsFrom`;
 * `canOpen` tells which keys this SECRET opens: others are left alone, since they may be another
 * replica's, until they are long over.
 */
export function planKeys(
  ring: readonly StoredSigningKey[],
  now: number,
  { accessAlg, idAlgs, keepMs }: KeyNeeds,
  times: KeyTimes,
  canOpen: (key: StoredSigningKey) => boolean,
): KeyPlan {
  const plan: KeyPlan = { add: [], change: [], retire: [], remove: [] }
  // A key that an operator retired is over too, and another must take its place at once.
  const own = ring.filter((key) => canOpen(key) && !isRetired(key, now))
  const needed = new Set([accessAlg, ...idAlgs])
  for (const alg of needed) {
    const keys = own.filter((key) => key.alg === alg)
    const current = currentKey(keys, now)
    const hasUpcoming = keys.some((key) => key.signsFrom > now)
    const isBridged = alg === accessAlg && bridge(own, now, idAlgs) !== undefined
    let from: number | null = null
    if (current === undefined) from = isBridged ? now + times.lead : now
    else if (now >= current.signsFrom + times.rotation - times.ahead) {
      from = Math.max(now + times.lead, current.signsFrom + times.rotation)
    }
    const isMissing = !hasUpcoming || (current === undefined && !isBridged)
    if (from !== null && isMissing) plan.add.push({ alg, signsFrom: from })
  }
  for (const key of own) {
    if (key.publishedUntil !== null) continue
    const next = own.find(({ alg, signsFrom }) => alg === key.alg && signsFrom > key.signsFrom)
    // One that nobody needs any more goes when it would have been followed.
    const end = next?.signsFrom ?? (needed.has(key.alg) ? Infinity : key.signsFrom + times.rotation)
    if (end <= now) plan.change.push({ ...key, publishedUntil: end + times.tail })
  }
  for (const key of ring) {
    const isOpen = canOpen(key)
    if (!isOpen && key.publishedUntil === null) {
      if (key.signsFrom + 2 * times.rotation + times.tail < now) plan.remove.push(key.kid)
    } else if (isRetired(key, now)) {
      const isForgotten = !isOpen || (key.publishedUntil ?? now) + keepMs < now
      ;(isForgotten ? plan.remove : plan.retire).push(key.kid)
    }
  }
  return plan
}

/** The key of another algorithm that signs access tokens until one of their own may. */
export const bridge = <Key extends { alg: string; signsFrom: number }>(
  own: readonly Key[],
  now: number,
  idAlgs: readonly string[],
): Key | undefined =>
  currentKey(
    own.filter(({ alg }) => !idAlgs.includes(alg)),
    now,
  )
