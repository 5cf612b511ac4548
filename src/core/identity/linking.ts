import { asciiLowerCase } from '../text.ts'
import type { Profile } from './profile.ts'

/** Setting ACCOUNT_LINKING: join by verified e-mail, or only when the signed-in user asks. */
export type LinkingMode = 'verified' | 'explicit'

/** Setting SIGN_UP: everybody, nobody new, or people whose address is at one of these domains. */
export type SignUp = 'open' | 'closed' | readonly string[]

/** An existing user who has the new identity's address, verified by a trusted provider. */
export interface LinkCandidate {
  userId: string
  email: string
  hasIdentityAtProvider: boolean
  /** Whether this identity was this user's before, who removed it. */
  hasUnlinkedIt: boolean
  disabled: boolean
}

/** Why a first login makes a new user. */
export type CreateReason =
  | 'linking_is_explicit'
  | 'no_email'
  | 'email_not_verified'
  | 'provider_not_trusted'
  | 'nobody_with_this_email'
  | 'user_has_identity_at_provider'
  | 'several_users_with_this_email'
  | 'user_has_unlinked_it'

/** Why somebody may not come in. */
export type RefuseReason = 'user_disabled' | 'sign_up_closed' | 'sign_up_domain'

/** What a first login leads to, and why. */
export type LinkDecision =
  | { action: 'join'; userId: string; reason: 'same_verified_email' }
  | { action: 'create'; reason: CreateReason }
  | { action: 'refuse'; reason: RefuseReason }

/**
 * The address by which an existing user may be looked for; null where the identity may join no
 * user. This is the first half of the decision, so that the database is only asked when the answer
 * matters.
 */
export function linkableEmail(
  mode: LinkingMode,
  profile: Profile,
  providerTrusted: boolean,
): { email: string; reason: 'nobody_with_this_email' } | { email: null; reason: CreateReason } {
  const create = (reason: CreateReason) => ({ email: null, reason }) as const
  if (mode === 'explicit') return create('linking_is_explicit')
  if (profile.email === null) return create('no_email')
  if (profile.emailVerified !== true) return create('email_not_verified')
  if (!providerTrusted) return create('provider_not_trusted')
  return { email: asciiLowerCase(profile.email), reason: 'nobody_with_this_email' }
}

/**
 * Joins a first login to an existing user, or makes a new one. `candidates` have exactly this
 * address (after ASCII lower-casing), verified by a provider whose flag is trusted.
 */
export function decideLink(email: string, candidates: readonly LinkCandidate[]): LinkDecision {
  const holders = candidates.filter((candidate) => asciiLowerCase(candidate.email) === email)
  const [holder, ...others] = holders
  if (holder === undefined) return { action: 'create', reason: 'nobody_with_this_email' }
  // A disabled user does not get back in through another provider.
  if (holders.some((candidate) => candidate.disabled)) {
    return { action: 'refuse', reason: 'user_disabled' }
  }
  if (others.length > 0) return { action: 'create', reason: 'several_users_with_this_email' }
  if (holder.hasUnlinkedIt) return { action: 'create', reason: 'user_has_unlinked_it' }
  if (holder.hasIdentityAtProvider) {
    return { action: 'create', reason: 'user_has_identity_at_provider' }
  }
  return { action: 'join', userId: holder.userId, reason: 'same_verified_email' }
}

/**
 * Whether a new person may become a user: null for yes, else why not. The whole domain has to
 * match, in an address that a trusted provider calls verified now.
 */
export function refuseSignUp(
  signUp: SignUp,
  { email, emailVerified }: Profile,
  providerTrusted: boolean,
): RefuseReason | null {
  if (signUp === 'open') return null
  if (signUp === 'closed') return 'sign_up_closed'
  const isVouchedFor = email !== null && emailVerified === true && providerTrusted
  const domain = email === null ? '' : asciiLowerCase(email.slice(email.lastIndexOf('@') + 1))
  return isVouchedFor && signUp.includes(domain) ? null : 'sign_up_domain'
}
