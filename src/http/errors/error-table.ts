import type { ErrorCode } from '../../core/errors.ts'

/** How an error code is answered in each place. */
export interface ErrorRow {
  /** The status of the problem (RFC 9457). */
  readonly status: number
  /** The title of every problem with this code. */
  readonly title: string
  /** At the OAuth endpoints (RFC 6749, section 5.2): the status and `error`. */
  readonly oauth: readonly [status: number, error: string]
  /** The `error` at a client's redirect URI (RFC 6749, section 4.1.2.1). */
  readonly redirect: string
}

const row = (
  status: number,
  title: string,
  oauth: ErrorRow['oauth'],
  redirect: string,
): ErrorRow => ({ status, title, oauth, redirect })

/** A row whose code has the same name everywhere. */
const fault = <Code extends ErrorCode>(code: Code, title: string): ErrorRow =>
  row(400, title, [400, code], code)

const malformed = (status = 400) => [status, 'invalid_request'] as const
const refused = [400, 'invalid_grant'] as const
const LATER = 'temporarily_unavailable'
const OURS = 'server_error'

/** The only table of errors. The compiler demands a row for every code. */
export const ERRORS = {
  // Signing in.
  unknown_provider: row(404, 'No such provider is enabled', malformed(), 'invalid_request'),
  invalid_request: fault('invalid_request', 'The request is malformed'),
  invalid_state: row(400, 'This login is unknown, over or of another browser', malformed(), OURS),
  access_denied: row(403, 'Access denied', refused, 'access_denied'),
  invalid_code: row(400, 'The code or token is not valid', refused, OURS),
  invalid_provider_response: row(502, 'The provider’s answer failed a check', refused, OURS),
  provider_error: row(502, 'The provider failed', [503, LATER], OURS),
  provider_timeout: row(504, 'The provider did not answer in time', [503, LATER], LATER),
  temporarily_unavailable: row(503, 'Temporarily unavailable', [503, LATER], LATER),
  // Not `slow_down` (RFC 8628), which is for clients that poll.
  rate_limited: row(429, 'Too many requests', [429, LATER], LATER),

  // Authorization requests, in the words of OAuth and OpenID Connect.
  unauthorized_client: fault('unauthorized_client', 'The client may not do this'),
  unsupported_response_type: fault(
    'unsupported_response_type',
    'The response type is not supported',
  ),
  invalid_scope: fault('invalid_scope', 'The scope is malformed, unknown or too wide'),
  invalid_target: fault('invalid_target', 'The resource is not one of the client'),
  request_not_supported: fault('request_not_supported', 'Request objects are not supported'),
  request_uri_not_supported: fault(
    'request_uri_not_supported',
    'Request objects are not supported, by reference neither',
  ),
  login_required: fault('login_required', 'The person has to sign in'),
  interaction_required: fault('interaction_required', 'The person has to be asked'),
  consent_required: fault('consent_required', 'The person has to consent'),
  account_selection_required: fault(
    'account_selection_required',
    'The person has to choose an account',
  ),

  // Tokens.
  invalid_client: row(
    401,
    'The client is unknown or did not authenticate',
    [401, 'invalid_client'],
    OURS,
  ),
  invalid_grant: row(400, 'The code or token is used, expired or revoked', refused, OURS),
  unsupported_grant_type: row(
    400,
    'The grant type is not supported',
    [400, 'unsupported_grant_type'],
    OURS,
  ),
  invalid_token: row(401, 'The access token is missing or not valid', malformed(), OURS),
  insufficient_scope: row(403, 'The access token lacks a scope', malformed(), OURS),
  insufficient_user_authentication: row(
    401,
    'The person has to sign in again',
    malformed(),
    'login_required',
  ),
  csrf: row(403, 'The request may be forged', malformed(403), OURS),

  // The user.
  reauthentication_required: row(
    409,
    'The person has to sign in with the provider again',
    malformed(),
    OURS,
  ),
  last_identity: row(409, 'It is the last way to sign in', malformed(), OURS),
  identity_in_use: row(409, 'The identity belongs to another user', malformed(), OURS),
  provider_in_use: row(409, 'Another identity at this provider is linked', malformed(), OURS),

  // Any request.
  not_found: row(404, 'Not found', malformed(), OURS),
  method_not_allowed: row(405, 'Method not allowed', malformed(405), OURS),
  payload_too_large: row(413, 'The request body is too large', malformed(413), OURS),
  unsupported_media_type: row(415, 'Unsupported content type', malformed(415), OURS),
  request_timeout: row(408, 'The request took too long to arrive', malformed(408), OURS),
  server_error: row(500, 'Something went wrong here', [500, 'server_error'], OURS),
} satisfies Record<ErrorCode, ErrorRow>
