import type { FastifyInstance } from 'fastify'
import { type ErrorCode, LatchkeyError } from '../core/errors.ts'
import { asciiText } from '../core/text.ts'
import { evidenceOf } from '../http/logging.ts'
import { isBrowserNavigation, toLatchkeyError } from '../http/problems.ts'

/** Error codes of the OAuth endpoints (RFC 6749, section 5.2). */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'temporarily_unavailable'
  | 'server_error'

/** An error in the words of RFC 6749; `message` is its `error_description`. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly error: OAuthErrorCode
  /** For the log. */
  readonly reason: string
  /** Whether the client tried HTTP Basic, so that the answer names the scheme. */
  readonly basic: boolean

  constructor(error: OAuthErrorCode, message: string, reason = '', basic = false) {
    super(message)
    this.error = error
    this.reason = reason
    this.basic = basic
  }
}

// What our own errors are called here.
const NAMES: Partial<Record<ErrorCode, OAuthErrorCode>> = {
  temporarily_unavailable: 'temporarily_unavailable',
  // What clients take for "later": `slow_down` (RFC 8628) is for polls of a device, one every few seconds.
  rate_limited: 'temporarily_unavailable',
  provider_timeout: 'temporarily_unavailable',
  provider_error: 'temporarily_unavailable',
  server_error: 'server_error',
  invalid_provider_response: 'invalid_grant',
  access_denied: 'invalid_grant',
  invalid_code: 'invalid_grant',
}

// Of our own errors only these keep their status; the rest are 400 (RFC 6749, section 5.2).
const STATUSES: Partial<Record<ErrorCode, number>> = {
  rate_limited: 429,
  temporarily_unavailable: 503,
  provider_timeout: 503,
  provider_error: 503,
  server_error: 500,
  csrf: 403,
  payload_too_large: 413,
  unsupported_media_type: 415,
  method_not_allowed: 405,
  request_timeout: 408,
}

/** Answers the errors of a room's routes as RFC 6749 has them. */
export function answerOAuthErrors(room: FastifyInstance): void {
  room.setErrorHandler((thrown, request, reply) => {
    // A person is no OAuth client: the page of the app's own handler. Its programs send no such header.
    if (request.headers['sec-fetch-mode'] === 'navigate' && isBrowserNavigation(request)) {
      throw thrown instanceof OAuthError
        ? new LatchkeyError('invalid_request', thrown.message, {
            evidence: { reason: thrown.reason },
          })
        : thrown
    }
    reply.header('pragma', 'no-cache')
    if (thrown instanceof OAuthError) {
      const { error, message, reason, basic } = thrown
      request.log.info({ event: 'oauth_error', error, reason }, message)
      if (basic) reply.header('www-authenticate', 'Basic realm="latchkey"')
      const status = error === 'invalid_client' ? 401 : 400
      return reply.code(status).send({ error, error_description: message })
    }
    const error: LatchkeyError = toLatchkeyError(thrown)
    const status = STATUSES[error.code] ?? 400
    const log = { event: 'oauth_error', code: error.code, ...evidenceOf(error) }
    if (status >= 500) request.log.error(log, error.message)
    else request.log.info(log, error.message)
    const retryAfter = error.retryAfterSeconds ?? (status === 503 ? 5 : undefined)
    if (retryAfter !== undefined) reply.header('retry-after', retryAfter)
    return reply.code(status).send({
      error: NAMES[error.code] ?? 'invalid_request',
      error_description: asciiText(error.message),
    })
  })
}
