import { z } from 'zod'

/** The built-in client that a flow without a redirect_uri belongs to. */
export const BUILT_IN_CLIENT = 'latchkey'

/** What can be granted; `offline_access` is implied. */
const SCOPES = ['openid', 'profile', 'email', 'offline_access']

/** Granted where the client asks for nothing. */
const DEFAULT_SCOPE = 'profile email offline_access'

const parameter = (max: number) => z.string().max(max)

/**
 * An authorization request (RFC 6749, section 4.1.1). A parameter without a value counts as omitted,
 * one that stands twice is refused (section 3.1); what is not listed is ignored.
 */
export const AuthorizationRequest = z.object({
  client_id: parameter(128).optional(),
  redirect_uri: parameter(2048).optional(),
  response_type: z.literal('code').optional(),
  response_mode: z.enum(['query', 'cookie', 'web_message']).optional(),
  state: parameter(512).optional(),
  nonce: parameter(255).optional(),
  scope: parameter(255)
    .regex(/^[\x21\x23-\x5b\x5d-\x7e ]+$/)
    .optional(),
  code_challenge: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, 'must be 43 base64url characters')
    .optional(),
  code_challenge_method: z.literal('S256').optional(),
  login_hint: parameter(255).optional(),
  prompt: parameter(64)
    .regex(/^[a-z_ ,]+$/)
    .optional(),
  ui_locales: parameter(64)
    .regex(/^[A-Za-z0-9 -]+$/)
    .optional(),
})
export type AuthorizationRequest = z.infer<typeof AuthorizationRequest>

/** The scope that is granted for what was asked: known values once each, unknown ones ignored. */
export function grantScope(asked: string | undefined): string {
  if (asked === undefined) return DEFAULT_SCOPE
  const wanted = new Set([...asked.split(' '), 'offline_access'])
  return SCOPES.filter((scope) => wanted.has(scope)).join(' ')
}
