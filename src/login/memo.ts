import type { z } from 'zod'
import { AuthorizationRequest } from '../core/client.ts'
import type { Sealer } from '../core/secrets.ts'

/** What a restarted login needs of the client's request; hints for the provider are not kept. */
const Kept = AuthorizationRequest.omit({ login_hint: true, prompt: true, response_type: true })
export type KeptRequest = z.infer<typeof Kept>

/** Some providers refuse a state that is longer (X: 500). */
const MAX_STATE_LENGTH = 480
/** Characters of the random part of a state: 128 bits in base64url. */
const RANDOM_LENGTH = 22
/** Characters by which a sealer tells its keys apart, before a dot that a state goes without. */
const KEY_ID_LENGTH = 6

/**
 * The client's request, sealed into the `state` behind its random part. A login whose cookie is gone can
 * be started again from it, at any replica; it proves nothing, so no flow is ever finished by it.
 */
export interface Memos {
  /** The state with the memo, or as it was where the request has nowhere to return to or is too long. */
  add(state: string, provider: string, asked: AuthorizationRequest): string
  /** What was added to a state of this provider; null for anything else. */
  read(state: string, provider: string): KeptRequest | null
}

export function createMemos(sealer: Sealer): Memos {
  const context = (random: string, provider: string) => `${provider} ${random}`
  return {
    add(state, provider, asked) {
      if (asked.redirect_uri === undefined || state.length !== RANDOM_LENGTH) return state
      const text = JSON.stringify(Kept.parse(asked))
      const memo = sealer.seal(text, context(state, provider)).replace('.', '')
      return state.length + memo.length > MAX_STATE_LENGTH ? state : state + memo
    },
    read(state, provider) {
      const random = state.slice(0, RANDOM_LENGTH)
      const memo = state.slice(RANDOM_LENGTH)
      const sealed = `${memo.slice(0, KEY_ID_LENGTH)}.${memo.slice(KEY_ID_LENGTH)}`
      const text = sealer.open(sealed, context(random, provider))
      return text === null ? null : (Kept.safeParse(JSON.parse(text)).data ?? null)
    },
  }
}
