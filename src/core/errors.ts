/**
 * Everything that can go wrong, by the code that programs see. What each is answered with is in one
 * table, `http/errors/error-table.ts`; the compiler asks for a row there when a code is added here.
 */
export type ErrorCode =
  | 'unknown_provider'
  | 'invalid_request'
  | 'invalid_state'
  | 'access_denied'
  | 'invalid_code'
  | 'invalid_provider_response'
  | 'provider_error'
  | 'provider_timeout'
  | 'temporarily_unavailable'
  | 'rate_limited'
  | 'unauthorized_client'
  | 'unsupported_response_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'login_required'
  | 'interaction_required'
  | 'consent_required'
  | 'account_selection_required'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unsupported_grant_type'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'insufficient_user_authentication'
  | 'reauthentication_required'
  | 'csrf'
  | 'not_found'
  | 'last_identity'
  | 'identity_in_use'
  | 'provider_in_use'
  | 'method_not_allowed'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'request_timeout'
  | 'server_error'

/**
 * What the log may say about an error beside its code: never a token, a code, a state or anything
 * about a person.
 */
export type Evidence = Record<string, string | number | boolean | null>

/** An error that ends a request: `code` for programs, `message` safe to show, the rest for the log. */
export class LatchkeyError extends Error {
  override readonly name = 'LatchkeyError'
  readonly code: ErrorCode
  /** Facts for the log: the step, the provider's own error code, a status. */
  readonly evidence: Evidence
  /** Seconds after which trying again makes sense, for `Retry-After`. */
  readonly retryAfterSeconds: number | undefined
  /** What `WWW-Authenticate` has beside the code (RFC 6750, section 3): `scope`, `max_age`. */
  readonly challenge: Readonly<Record<string, string | number>>

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      cause?: unknown
      evidence?: Evidence
      retryAfterSeconds?: number
      challenge?: Readonly<Record<string, string | number>>
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.evidence = options.evidence ?? {}
    this.retryAfterSeconds = options.retryAfterSeconds
    this.challenge = options.challenge ?? {}
  }
}
