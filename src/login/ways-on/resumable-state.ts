import type { z } from 'zod'
import { AuthorizationRequest } from '../../core/client/authorization-request.ts'
import type { Sealer } from '../../core/secrets.ts'

/** What is needed to restart a login; hints for the provider are not kept. */
const Kept = AuthorizationRequest.omit({
  login_hint: true,
  id_token_hint: true,
  prompt: true,
  response_type: true,
})
/** The client's request as it is read from a state. */
export type KeptRequest = z.infer<typeof Kept>

/**
 * The order in which the values are sealed, since names would take a third of the room. Only add at
 * the end.
 */
const ORDER = [
  'client_id',
  'redirect_uri',
  'state',
  'code_challenge',
  'scope',
  'nonce',
  'response_mode',
  'ui_locales',
  'intent',
  'resource',
  'max_age',
] as const

/** What is kept of a request that is too long: enough for the way back to the app. */
const WAY_BACK: readonly (typeof ORDER)[number][] = ['client_id']

/** Some providers refuse a state that is longer (X: 500). */
const MAX_STATE_LENGTH = 480
/** Characters of the random part of a state: 128 bits in base64url. */
const RANDOM_LENGTH = 22
/** The random part of a state; the sealed request may follow it. */
export const randomPart = (state: string): string => state.slice(0, RANDOM_LENGTH)

/**
 * Carries the client's request, sealed, in the `state` behind its random part. From it a login
 * whose cookie is gone can be started again at any replica. It proves nothing: no flow is ever
 * finished by it.
 */
export interface ResumableStates {
  /**
   * Appends the request to the state: whole, or only its client where it is too long. A request
   * without a redirect_uri is not appended.
   */
  add(state: string, provider: string, asked: AuthorizationRequest): string
  /** The request that a state of this provider carries; null for anything else. */
  read(state: string, provider: string): KeptRequest | null
}

/** Resumable states, sealed under a purpose of their own. */
export function createResumableStates(sealer: Sealer): ResumableStates {
  const context = (random: string, provider: string) => `${provider} ${random}`
  return {
    add(state, provider, asked) {
      if (asked.redirect_uri === undefined || state.length !== RANDOM_LENGTH) return state
      const sealed = (names: readonly (typeof ORDER)[number][]) => {
        const values = ORDER.map((name) => (names.includes(name) ? (asked[name] ?? 0) : 0))
        return state + sealer.sealCompact(JSON.stringify(values), context(state, provider))
      }
      const whole = sealed(ORDER)
      return whole.length > MAX_STATE_LENGTH ? sealed(WAY_BACK) : whole
    },
    read(state, provider) {
      const random = randomPart(state)
      const text = sealer.openCompact(state.slice(RANDOM_LENGTH), context(random, provider))
      if (text === null) return null
      const values: unknown[] = JSON.parse(text)
      const given = ORDER.map((name, place) => [name, values[place]] as const).filter(
        ([, value]) => typeof value === 'string',
      )
      const asked = Object.fromEntries(given)
      const proof = 'code_challenge' in asked ? { code_challenge_method: 'S256' } : {}
      return Kept.safeParse({ ...asked, ...proof }).data ?? null
    },
  }
}
