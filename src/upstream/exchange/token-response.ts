import { z } from 'zod'
import { type Evidence, LatchkeyError } from '../../core/errors.ts'
import { isObject } from '../../core/json.ts'
import { said } from '../../core/messages.ts'
import type { ProviderRow, ProviderTokenResponse } from '../../core/provider/provider.ts'
import { fieldsOf } from '../outbound/fields.ts'
import { errorCodeOf, invalidAnswer } from '../outbound/read-answer.ts'

// Visible ASCII (RFC 6749, appendix A); one provider's bug was the word "undefined".
const TOKEN = /^(?!undefined$|null$)[\x20-\x7e]+$/
const MAX_TOKEN = 65_536
const Token = z.string().max(MAX_TOKEN).regex(TOKEN)

/**
 * The members of a successful token response (RFC 6749, section 5.1) that must be valid; the others
 * are read below. Some providers send an empty text for a member they leave out.
 */
const TokenDocument = z.object({
  access_token: Token,
  token_type: z
    .string()
    .regex(/^(?:bearer)?$/i)
    .nullish(),
  id_token: z.union([Token, z.literal('')]).nullish(),
})

const MOST_SECONDS = 10 * 365 * 86_400

/** Seconds as a number or as digits (Naver); anything else counts as absent. */
function secondsOf(given: unknown): number | null {
  const isDigits = typeof given === 'string' && /^\d{1,10}$/.test(given)
  const seconds = isDigits ? Number(given) : given
  const isSome = typeof seconds === 'number' && seconds >= 0 && seconds <= MOST_SECONDS
  return isSome ? seconds : null
}

/**
 * Scopes with spaces, commas (GitHub, LinkedIn) or as a list (Twitch); anything else counts as
 * absent.
 */
function scopeOf(given: unknown): string | null {
  const isList = Array.isArray(given) && given.every((one) => typeof one === 'string')
  const text = isList ? given.join(' ') : given
  if (typeof text !== 'string') return null
  return (
    text
      .split(/[\s,]+/)
      .filter(Boolean)
      .join(' ') || null
  )
}

/** A valid refresh token, else null: a login does without. */
const refreshTokenOf = (given: unknown): string | null =>
  typeof given === 'string' && given.length <= MAX_TOKEN && TOKEN.test(given) ? given : null

/** The errors with which a provider's token endpoint refuses something, and our error for them. */
export interface Refusable {
  /** The provider's error codes. */
  errors: (row: ProviderRow) => readonly string[]
  error: (evidence: Evidence) => LatchkeyError
}

/** A code that was used before or is too old. */
const CODE: Refusable = {
  errors: (row) => row.refusedCodeErrors,
  error: (evidence) => new LatchkeyError('invalid_code', said.providerRefusedCode, { evidence }),
}

/**
 * Reads a token endpoint's answer. A document with an error is an error whatever the status is
 * (GitHub answers 200). The row says which errors mean that the code or token is no longer valid.
 */
export function readTokenResponse(
  row: ProviderRow,
  status: number,
  document: unknown,
  refusable = CODE,
): ProviderTokenResponse {
  if (!isObject(document)) {
    if (status >= 400) throw refused({ step: 'token', status })
    throw invalidAnswer('token', 'not_an_object', { status })
  }
  const error = row.tokenError(document)
  if (status >= 400 || !(error === undefined || error === null || error === '')) {
    const code = errorCodeOf(error)
    const evidence = { step: 'token', status, error: code, ...exactErrorOf(row, document) }
    if (status < 500 && code !== null && refusable.errors(row).includes(code)) {
      throw refusable.error(evidence)
    }
    throw refused(evidence)
  }
  const read = TokenDocument.safeParse(document)
  if (!read.success) throw invalidAnswer('token', 'shape', { status, field: fieldsOf(read.error) })
  return {
    accessToken: read.data.access_token,
    tokenType: read.data.token_type || 'bearer',
    expiresInSeconds: secondsOf(document.expires_in),
    scope: scopeOf(document.scope),
    refreshToken: refreshTokenOf(document.refresh_token),
    idToken: read.data.id_token || null,
  }
}

/** The provider's more exact code beside its error, for the log. */
export function exactErrorOf(row: ProviderRow, answer: Record<string, unknown>): Evidence {
  const exact = errorCodeOf(row.exactError(answer))
  return exact === null ? {} : { exact_error: exact }
}

function refused(evidence: Evidence) {
  return new LatchkeyError('provider_error', said.providerRefused, {
    evidence,
  })
}
