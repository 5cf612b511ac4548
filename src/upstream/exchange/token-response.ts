import { z } from 'zod'
import { type Evidence, LatchkeyError } from '../../core/errors.ts'
import { said } from '../../core/messages.ts'
import type { ProviderRow, ProviderTokenResponse } from '../../core/provider/provider.ts'
import { fieldsOf } from '../outbound/fields.ts'
import { invalidAnswer } from '../outbound/read-answer.ts'

/** Whole seconds as a number or as digits (Naver); anything else counts as not said. */
const Seconds = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,10}$/)
      .transform(Number),
  ])
  .refine((seconds) => seconds >= 0 && seconds <= 10 * 365 * 86_400)
  .nullish()
  .catch(null)

// Visible ASCII (RFC 6749, appendix A); one provider's bug was the word "undefined".
const Token = z
  .string()
  .max(65_536)
  .regex(/^(?!undefined$|null$)[\x20-\x7e]+$/)

/** An empty text is how some providers leave a member out. */
function absentWhereEmpty<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => (value === '' ? undefined : value), schema)
}

/** A token endpoint's success (RFC 6749, section 5.1), as loose as providers are. */
const TokenDocument = z.object({
  access_token: Token,
  token_type: absentWhereEmpty(
    z
      .string()
      .regex(/^bearer$/i)
      .nullish(),
  ),
  expires_in: Seconds,
  refresh_token: Token.nullish().catch(null),
  id_token: absentWhereEmpty(Token.nullish()),
  // Spaces, commas (GitHub, LinkedIn) or an array (Twitch).
  scope: z
    .union([z.string(), z.array(z.string()).transform((scopes) => scopes.join(' '))])
    .transform((scopes) =>
      scopes
        .split(/[\s,]+/)
        .filter(Boolean)
        .join(' '),
    )
    .nullish()
    .catch(null),
})

/** The provider's own error code if it is one that can be logged (RFC 6749, section 5.2). */
const ErrorCode = z.string().regex(/^[\w.:-]{1,64}$/)

/** What a provider may refuse at its token endpoint, and what that is for us. */
export interface Refusable {
  /** The provider's error codes that say so. */
  errors: (row: ProviderRow) => readonly string[]
  error: (evidence: Evidence) => LatchkeyError
}

/** A code that was used before or is too old. */
const CODE: Refusable = {
  errors: (row) => row.refusedCodeErrors,
  error: (evidence) => new LatchkeyError('invalid_code', said.providerRefusedCode, { evidence }),
}

/**
 * Reads the token endpoint's answer. An error counts whatever its status (GitHub answers 200); which
 * errors mean that what was shown is no longer good is the row's to say.
 */
export function readTokenResponse(
  row: ProviderRow,
  status: number,
  document: unknown,
  refusable = CODE,
): ProviderTokenResponse {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    if (status >= 400) throw refused({ step: 'token', status })
    throw invalidAnswer('token', 'not_an_object', { status })
  }
  const error = row.tokenError(document as Record<string, unknown>)
  if (status >= 400 || !(error === undefined || error === null || error === '')) {
    const code = ErrorCode.safeParse(error)
    const exact = ErrorCode.safeParse(row.exactError(document as Record<string, unknown>))
    const evidence = {
      step: 'token',
      status,
      error: code.success ? code.data : null,
      ...(exact.success ? { exact_error: exact.data } : {}),
    }
    if (status < 500 && code.success && refusable.errors(row).includes(code.data)) {
      throw refusable.error(evidence)
    }
    throw refused(evidence)
  }
  const read = TokenDocument.safeParse(document)
  if (!read.success) throw invalidAnswer('token', 'shape', { status, field: fieldsOf(read.error) })
  return {
    accessToken: read.data.access_token,
    tokenType: read.data.token_type ?? 'bearer',
    expiresInSeconds: read.data.expires_in ?? null,
    scope: read.data.scope || null,
    refreshToken: read.data.refresh_token ?? null,
    idToken: read.data.id_token ?? null,
  }
}

function refused(evidence: Evidence) {
  return new LatchkeyError('provider_error', said.providerRefused, {
    evidence,
  })
}
