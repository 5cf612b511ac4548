import { type ErrorCode, LatchkeyError } from '../core/errors.ts'
import { said } from '../core/messages.ts'
import type { ProviderRow } from '../core/provider/provider.ts'
import { exactErrorOf } from './exchange/token-response.ts'
import { errorCodeOf } from './outbound/read-answer.ts'

/** The parameters that a provider's redirect brings back. */
export interface CallbackAnswer {
  code?: string | undefined
  error?: string | undefined
  /** Who sent it (RFC 9207). */
  iss?: string | undefined
  /** Parameters beside the error, which may hold a more exact code. */
  details?: Readonly<Record<string, unknown>> | undefined
}

/**
 * Errors that clients handle themselves (OpenID Connect Core, section 3.1.2.6): they are passed on
 * unchanged.
 */
const TOLD = [
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
] as const satisfies readonly ErrorCode[]

/**
 * Gives the code, or throws the provider's refusal as one of our error codes. The provider's own
 * texts are shown to nobody.
 */
export function readCallbackAnswer(
  row: ProviderRow,
  { code, error, details = {} }: CallbackAnswer,
): string {
  if (error === undefined && code !== undefined) return code
  const evidence = { step: 'callback', error: errorCodeOf(error), ...exactErrorOf(row, details) }
  if (error !== undefined && code === undefined && row.deniedErrors.includes(error.toLowerCase())) {
    throw new LatchkeyError('access_denied', said.signInDeclined, { evidence })
  }
  const told = code === undefined ? TOLD.find((one) => one === error) : undefined
  if (told !== undefined) {
    throw new LatchkeyError(told, 'The provider has to ask the person something first.', {
      evidence,
    })
  }
  throw new LatchkeyError('provider_error', 'The provider could not sign you in.', { evidence })
}
