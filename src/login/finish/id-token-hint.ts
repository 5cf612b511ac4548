import { LatchkeyError } from '../../core/errors.ts'
import type { Authentication } from '../../upstream/provider.ts'
import type { Flow } from '../flow.ts'
import type { Login } from '../login.ts'

/**
 * Only the user of an `id_token_hint` may sign in with it (OpenID Connect Core, section 3.1.2.1):
 * else an app that renews silently, or steps up, would continue as somebody else. Throws
 * `login_required`.
 */
export async function checkHint(
  signIns: Login['signIns'],
  { provider, client: { hinted, intent } }: Flow,
  { profile: { subject, formerSubject = subject }, issuer }: Authentication,
): Promise<void> {
  // A link signs nobody in: its code is for the user whose token the app shows with it.
  if (hinted === null || intent === 'link') return
  if (await signIns.isOf({ provider, issuer, subject }, formerSubject, hinted)) return
  const message = 'Somebody else has signed in than the id_token_hint names.'
  throw new LatchkeyError('login_required', message, { evidence: { reason: 'id_token_hint' } })
}
