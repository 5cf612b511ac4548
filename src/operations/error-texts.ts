import type { ErrorCode } from '../core/errors.ts'

/**
 * What the page about errors says about a code: when it occurs, and what an app's developer can do.
 */
export type ErrorText = readonly [when: string, help: string]

const AGAIN = 'Send the person through a login again.'
const ASK_PERSON =
  'With prompt=none the provider would have to ask the person something. Start a login without prompt=none.'
const IN_A_MOMENT = 'Try again after the seconds that Retry-After names.'

/** All codes: the compiler asks for a text when one is added. */
export const errorTexts: Readonly<Record<ErrorCode, ErrorText>> = {
  unknown_provider: [
    'The provider in the address is not enabled.',
    'GET /providers lists those that are; the operator enables others in the settings.',
  ],
  invalid_request: [
    'A parameter is missing, malformed, doubled or too long, or the redirect_uri is not registered.',
    'Read detail: it names the parameter. Redirect URIs are compared as exact text.',
  ],
  invalid_state: [
    'The login is unknown, forged, expired, already used, or belongs to another browser or provider.',
    AGAIN,
  ],
  access_denied: [
    'The person or the provider said no, or the user may not sign in here.',
    'Offer other ways to sign in. The log says who refused.',
  ],
  invalid_code: [
    'The code has been used or has expired, or the provider refuses it.',
    `Redeem a code at once, and once only. ${AGAIN}`,
  ],
  invalid_provider_response: [
    'The provider’s ID token or profile failed a check, or is not a JSON object.',
    'Nobody was signed in. The log names the check; npm run doctor tries the provider.',
  ],
  provider_error: [
    'The provider refused a request of ours, or failed.',
    'Try again. If it keeps happening, the log has the provider’s own code, and npm run doctor explains it.',
  ],
  provider_timeout: ['The provider did not answer in ten seconds.', 'Try again.'],
  temporarily_unavailable: [
    'The database cannot be reached, Latchkey is overloaded, or the browser only prefetched the page.',
    `Nothing was left half done. ${IN_A_MOMENT}`,
  ],
  rate_limited: ['Too many requests came from one address or user.', IN_A_MOMENT],
  unauthorized_client: [
    'The client may not use this grant, scope or response mode.',
    'Its settings (CLIENT_<ID>_…) say what it may.',
  ],
  unsupported_response_type: ['The response_type is not code.', 'Send response_type=code.'],
  invalid_scope: [
    'The scope is malformed, or wider than the one that was granted.',
    'Scopes are separated by single spaces; a refresh may ask for less, never for more.',
  ],
  invalid_target: [
    'The resource is not one that the client may ask for, or there are two.',
    'Send one of CLIENT_<ID>_RESOURCES (RFC 8707).',
  ],
  request_not_supported: [
    'The request came as an object (request).',
    'Send plain parameters in the query.',
  ],
  request_uri_not_supported: [
    'The request came as a reference (request_uri).',
    'Send plain parameters in the query.',
  ],
  login_required: [
    'Nobody is signed in at the provider, or not recently enough, or as somebody else than id_token_hint says; or the provider cannot tell when.',
    'With prompt=none, start a login without it. Send max_age and prompt=login only where GET /providers says auth_time; elsewhere start a plain login.',
  ],
  interaction_required: ['The provider has to show the person something.', ASK_PERSON],
  consent_required: ['The person has not consented at the provider.', ASK_PERSON],
  account_selection_required: ['The person has several accounts at the provider.', ASK_PERSON],
  invalid_client: [
    'The client is unknown, or its secret is wrong or missing.',
    'Authenticate in one way, Basic or in the body; a public client sends only client_id.',
  ],
  invalid_grant: [
    'The code or token has been used, has expired, was revoked, or does not fit this request.',
    `A session that has ended stays ended. ${AGAIN}`,
  ],
  unsupported_grant_type: [
    'The grant_type is unknown here.',
    'The metadata lists those that are: grant_types_supported.',
  ],
  invalid_token: [
    'The access token is missing, malformed, expired, revoked or for another audience.',
    `Refresh it once; if that is refused, ${AGAIN.replace('Send', 'send')}`,
  ],
  insufficient_scope: [
    'The access token lacks the scope that WWW-Authenticate names.',
    'Ask for that scope at the login.',
  ],
  insufficient_user_authentication: [
    'This cannot be undone, and the person signed in too long ago for it (RFC 9470).',
    'Send the person through a login again, with max_age where the provider takes it.',
  ],
  csrf: [
    'A cookie came from a page whose origin is not registered, so it may not be the app’s.',
    'Call from an origin of the client (CLIENT_<ID>_ORIGINS), with credentials.',
  ],
  reauthentication_required: [
    'The provider no longer gives tokens for this person.',
    'Send the person through a login with this provider again.',
  ],
  last_identity: [
    'It is the user’s last way to sign in.',
    'Link another one first, or delete the user.',
  ],
  identity_in_use: [
    'The account at the provider belongs to another user here.',
    'The person can sign in with it and unlink it, or delete that user.',
  ],
  provider_in_use: [
    'The user has already linked another account at this provider.',
    'Unlink that one first: each provider can be linked once.',
  ],
  not_found: ['There is no such thing or no such address.', '/docs lists every route.'],
  method_not_allowed: [
    'This address does not take that method.',
    'The header Allow names those it takes.',
  ],
  payload_too_large: ['The body or the headers are too large.', 'A body has at most 64 KiB.'],
  unsupported_media_type: [
    'This address does not accept the body’s content type.',
    'OAuth endpoints take forms; all others take JSON.',
  ],
  request_timeout: ['The request did not arrive in 15 seconds.', 'Try again.'],
  server_error: [
    'Something failed in Latchkey that should not.',
    'Give the operator the request id: the log has the cause.',
  ],
}
