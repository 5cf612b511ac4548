import { LatchkeyError } from '../../core/errors.ts'
import { promptsIn } from '../../core/provider/prompts.ts'
import { FLOW_TTL_SECONDS, type Flow } from '../flow.ts'
import { noProofOfTime, wantsProofOfTime } from '../start/start.ts'

/** By how much a provider's clock may be behind ours. */
const SKEW_SECONDS = 30

/**
 * Checks the time of authentication that the provider has signed against what the client asked for
 * (`max_age`, `prompt=login`). Throws `login_required`.
 */
export function checkAuthTime(
  { client, expiresAt }: Flow,
  authTime: number | null,
  provider: string,
): void {
  const { scope, prompt, maxAge } = client
  if (authTime === null) {
    if (wantsProofOfTime({ scope, prompt, max_age: maxAge })) throw noProofOfTime(provider)
    return
  }
  const isNew = promptsIn(prompt).includes('login')
  if (!isNew && maxAge === null) return
  const startedAt = expiresAt / 1000 - FLOW_TTL_SECONDS
  const age = startedAt - authTime
  if (age <= (isNew ? 0 : (maxAge ?? 0)) + SKEW_SECONDS) return
  throw new LatchkeyError('login_required', 'The person authenticated too long ago.', {
    evidence: { reason: 'auth_time', age_seconds: Math.round(age) },
  })
}
