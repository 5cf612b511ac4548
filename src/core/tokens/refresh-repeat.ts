/** What has to be known about a refresh token of a session to decide about a repeat. */
export interface FamilyMember {
  hash: Buffer
  /** Its number in the session; each successor's is one higher. */
  generation: number
  /** Seconds since its successor replaced it, null for the one that was never used. */
  rotatedSecondsAgo: number | null
  /** Whether it was repeated after the grace period. */
  repeated: boolean
}

/**
 * The decision about a refresh token that is used again; `place` is its successor's among the
 * candidates.
 */
export type RepeatDecision =
  | { action: 'give'; place: number; isLate: boolean }
  | { action: 'refuse'; reason: 'secret_gone' | 'session_without_tokens' }
  | { action: 'end'; reason: 'not_kept' | 'successor_used' | 'repeated_before' }

/** For how long after its rotation a token may be used again. */
export const GRACE_SECONDS = 10

/**
 * Decides about a refresh token that was used before and comes again. Within the grace period it
 * gets its successor: the answer was lost, or two tabs asked. Later it gets it only while the
 * successor is unused, and not twice in a row: a second late repeat means that a thief and the
 * owner take turns. `family` has the session's other tokens, `successors` the hashes of the tokens
 * that each secret derives from the repeated one.
 */
export function decideRepeat(
  shown: Buffer,
  family: readonly FamilyMember[],
  successors: readonly Buffer[],
): RepeatDecision {
  if (family.length === 0) return { action: 'refuse', reason: 'session_without_tokens' }
  const member = family.find(({ hash }) => hash.equals(shown))
  const at = (generation: number) => family.find((one) => one.generation === generation)
  const successor = member && at(member.generation + 1)
  if (member === undefined || successor === undefined) return { action: 'end', reason: 'not_kept' }
  const place = successors.findIndex((hash) => hash.equals(successor.hash))
  const isLate = (member.rotatedSecondsAgo ?? 0) > GRACE_SECONDS
  if (isLate && successor.rotatedSecondsAgo !== null) {
    return { action: 'end', reason: 'successor_used' }
  }
  if (place === -1) return { action: 'refuse', reason: 'secret_gone' }
  if (isLate && (member.repeated || at(member.generation - 1)?.repeated)) {
    return { action: 'end', reason: 'repeated_before' }
  }
  return { action: 'give', place, isLate }
}
