/** A refresh token of a session, as far as it decides about a repeat. */
export interface FamilyMember {
  hash: Buffer
  /** Its place in the session: each successor's is one more. */
  generation: number
  /** Seconds since its successor took over, null for the one that was never used. */
  rotatedSecondsAgo: number | null
  /** Whether it was repeated late. */
  repeated: boolean
}

/** What comes of a refresh token that is shown again; `place` is its successor's among the candidates. */
export type RepeatDecision =
  | { action: 'give'; place: number; isLate: boolean }
  | { action: 'refuse'; reason: 'secret_gone' | 'session_without_tokens' }
  | { action: 'end'; reason: 'not_kept' | 'successor_used' | 'repeated_before' }

/** For this time after its rotation a token may be repeated. */
export const GRACE_SECONDS = 10

/**
 * Decides about a refresh token that was used before and comes again. Within the grace it gets its
 * successor: the answer was lost, or two tabs asked. Later it gets it only while nobody has used that
 * one, and not twice in a row: a thief and the owner who take turns are told apart from bad luck by
 * the second late repeat. `family` are the session's other tokens, `successors` the hashes of what each
 * secret derives from the one that is shown.
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
