import type { StoredSigningKey } from '../core/key-store.ts'

/** The times of key rotation, in milliseconds. */
export interface KeyTimes {
  /** How long a key signs before the next takes over. */
  rotation: number
  /** How long a key is published before it signs. */
  lead: number
  /** How long a key is published after it signed last: the life of a token and some. */
  tail: number
  /** How often each replica looks at the ring. */
  poll: number
}

// Verifiers keep a key set for some minutes; beyond that they ask for an unknown `kid`.
const MAX_LEAD = 15 * 60_000
const MAX_POLL = 60_000

/** Times that fit a rotation of this length: short ones shrink, so that the order of events holds. */
export function keyTimes(rotationSeconds: number, accessTokenTtlSeconds: number): KeyTimes {
  const rotation = rotationSeconds * 1000
  const lead = Math.min(rotation / 4, MAX_LEAD)
  const poll = Math.min(lead / 3, MAX_POLL)
  return { rotation, lead, poll, tail: accessTokenTtlSeconds * 1000 + 60_000 + poll }
}

/** What is to be done to the ring, before any key is made. */
export interface KeyPlan {
  /** Make a key that signs from this time on, null if none is due. */
  addFrom: number | null
  change: StoredSigningKey[]
  remove: string[]
}

/** The key that signs at `now`: the one whose turn came last. */
export function currentKey<Key extends { signsFrom: number }>(
  ring: readonly Key[],
  now: number,
): Key | undefined {
  return ring.filter((key) => key.signsFrom <= now).at(-1)
}

/**
 * Decides what a ring needs now. `ring` is in order of `signsFrom`; `canOpen` tells which keys this
 * SECRET opens: others are left alone, since they may be another replica's, until they are long over.
 */
export function planKeys(
  ring: readonly StoredSigningKey[],
  now: number,
  alg: string,
  times: KeyTimes,
  canOpen: (key: StoredSigningKey) => boolean,
): KeyPlan {
  const over = (key: StoredSigningKey) =>
    key.publishedUntil !== null
      ? key.publishedUntil < now
      : !canOpen(key) && key.signsFrom + 2 * times.rotation + times.tail < now
  // A key that an operator retired is over too, and another must take its place at once.
  const own = ring.filter((key) => canOpen(key) && !over(key))
  const current = currentKey(own, now)
  const hasUpcoming = own.some((key) => key.signsFrom > now)
  const plan: KeyPlan = { addFrom: null, change: [], remove: [] }
  if (current === undefined) plan.addFrom = now
  else if (!hasUpcoming && current.alg !== alg) plan.addFrom = now + times.lead
  else if (!hasUpcoming && now >= current.signsFrom + times.rotation - times.lead) {
    plan.addFrom = Math.max(now + times.lead, current.signsFrom + times.rotation)
  }
  for (const [place, key] of own.entries()) {
    const next = own[place + 1]
    if (next !== undefined && next.signsFrom <= now && key.publishedUntil === null) {
      plan.change.push({ ...key, publishedUntil: next.signsFrom + times.tail })
    }
  }
  plan.remove = ring.filter(over).map((key) => key.kid)
  return plan
}
