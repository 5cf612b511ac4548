import type { StoredSigningKey } from '../../core/tokens/key-store.ts'

/** The times of key rotation, in milliseconds. */
export interface KeyTimes {
  /** How long a key signs before the next takes over. */
  rotation: number
  /** The least time a key is published before it signs. */
  lead: number
  /**
   * How long a key is published before it takes over by itself, for verifiers that do not fetch the
   * key set again for an unknown `kid`.
   */
  ahead: number
  /** How long a key is published after it has last signed: a little longer than a token lives. */
  tail: number
  /** How often each replica reads the key ring. */
  poll: number
}

// Most verifiers keep a key set for minutes, and fetch it again for an unknown `kid`.
const MAX_LEAD = 15 * 60_000
// Some gateways and frameworks keep it for hours and do not fetch again; .NET keeps it a day by
// default.
const MAX_AHEAD = 25 * 60 * 60_000
const MAX_POLL = 10_000

/**
 * The times for a rotation of this length. For short rotations they shrink, so that the order of
 * steps holds.
 */
export function keyTimes(rotationSeconds: number, accessTokenTtlSeconds: number): KeyTimes {
  const rotation = rotationSeconds * 1000
  const lead = Math.min(rotation / 4, MAX_LEAD)
  const ahead = Math.min(rotation / 4, MAX_AHEAD)
  const poll = Math.min(lead / 3, MAX_POLL)
  return { rotation, lead, ahead, poll, tail: accessTokenTtlSeconds * 1000 + 60_000 + poll }
}

/** The next changes to the key ring, decided before any key is made. */
export interface KeyPlan {
  /** Keys to make: the algorithm, and from when on each signs. */
  add: { alg: string; signsFrom: number }[]
  change: StoredSigningKey[]
  /** Ids of keys that are no longer published: only their public half is kept. */
  retire: string[]
  remove: string[]
}

/** What the key ring must provide. */
export interface KeyNeeds {
  /**
   * The algorithm of access tokens. After a change of the setting the old key signs until the new
   * one has been published for its lead time, unless ID tokens need the new one, too.
   */
  accessAlg: string
  /** The algorithms of ID tokens. Their clients accept no other, so a first key signs at once. */
  idAlgs: readonly string[]
  /** For how long the public half of a retired key is kept, in milliseconds. */
  keepMs: number
}

/** The key that signs at `now`: the last one whose time has come. */
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
 * Decides what a key ring needs now, for each algorithm by itself. `ring` is ordered by
 * `signsFrom`. `canOpen` tells which keys our SECRET opens: the others may belong to another
 * replica, and are left alone until they are long over.
 */
export function planKeys(
  ring: readonly StoredSigningKey[],
  now: number,
  needs: KeyNeeds,
  times: KeyTimes,
  canOpen: (key: StoredSigningKey) => boolean,
): KeyPlan {
  const { accessAlg, idAlgs, keepMs } = needs
  const plan: KeyPlan = { add: [], change: [], retire: [], remove: [] }
  // A key that the operator retired is over, too, and needs a successor at once.
  const own = ring.filter((key) => canOpen(key) && !isRetired(key, now))
  const needed = new Set([accessAlg, ...idAlgs])
  for (const alg of needed) {
    const keys = own.filter((key) => key.alg === alg)
    const current = currentKey(keys, now)
    const hasUpcoming = keys.some((key) => key.signsFrom > now)
    // Where ID tokens need it, too, it signs at once: nothing else could sign them.
    const isBridged =
      alg === accessAlg && !idAlgs.includes(alg) && bridge(ring, own, now, needs) !== undefined
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
    // A key whose algorithm nobody needs any more is retired when its successor would have taken
    // over.
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

/**
 * The key of another algorithm that signs access tokens until the key of the set algorithm may. It is
 * one that no ID token needs; without such a key, access tokens had an algorithm of ID tokens until now:
 * the one whose key was made first, since at the very first start that is the key of access tokens.
 */
export function bridge<Key extends { alg: string; signsFrom: number }>(
  ring: readonly Key[],
  living: readonly Key[],
  now: number,
  { accessAlg, idAlgs }: Pick<KeyNeeds, 'accessAlg' | 'idAlgs'>,
): Key | undefined {
  const isOfAccess = ({ alg }: Key) => !idAlgs.includes(alg)
  const wasOfAccess = ring.some(
    (key) => isOfAccess(key) && (key.alg !== accessAlg || key.signsFrom <= now),
  )
  const alg = ring[0]?.alg
  const candidates = living.filter(wasOfAccess ? isOfAccess : (key) => key.alg === alg)
  return currentKey(candidates, now)
}
