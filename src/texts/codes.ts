import type { ErrorCode } from '../core/errors.ts'

/** What only an app can do wrong: to a person it is all one. */
export const OF_APP = [
  'invalid_request',
  'unauthorized_client',
  'unsupported_response_type',
  'invalid_scope',
  'invalid_target',
  'request_not_supported',
  'request_uri_not_supported',
  'invalid_client',
  'invalid_grant',
  'unsupported_grant_type',
  'insufficient_scope',
] as const

/** What the provider has to ask the person. */
export const AT_PROVIDER = [
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
  'reauthentication_required',
] as const

/** One text for several codes. */
export const all = <Code extends ErrorCode>(codes: readonly Code[], text: string) =>
  Object.fromEntries(codes.map((code) => [code, text])) as Record<Code, string>
