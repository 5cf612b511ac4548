import { z } from 'zod'
import { RESPONSE_MODES } from './client.ts'
import { joinsScopes } from './scope.ts'

const parameter = (max: number) => z.string().max(max)

/**
 * An authorization request (RFC 6749, section 4.1.1). A parameter without a value counts as
 * omitted, one that is given twice is refused (section 3.1), and unlisted ones are ignored.
 */
export const AuthorizationRequest = z.object({
  client_id: parameter(128).optional().meta({
    description:
      'A registered client; without it and a redirect_uri the callback itself answers with tokens.',
  }),
  redirect_uri: parameter(2048)
    .optional()
    .meta({ description: 'One of the client’s, exactly as registered.' }),
  response_type: z.literal('code').optional().meta({ description: 'Always `code`.' }),
  response_mode: z.enum(RESPONSE_MODES).optional().meta({
    description:
      '`query`: a code in the redirect; `form_post`: in a form that posts itself; `cookie`: the session in cookies; `web_message`: a code posted to the opener of a popup. Each only where the client lists it.',
  }),
  state: parameter(4096)
    .regex(/^[^\0]*$/)
    .optional()
    .meta({ description: 'Comes back with the redirect.' }),
  nonce: parameter(2048).optional().meta({ description: 'Put into the ID token.' }),
  scope: parameter(2048)
    .regex(/^[\x21\x23-\x5b\x5d-\x7e ]+$/, 'must list scopes, separated by spaces')
    .refine((text) => !joinsScopes(text), 'must list scopes, separated by spaces')
    .optional()
    .meta({
      description:
        'Of `openid profile email account offline_access roles provider_tokens`; without it `profile email account offline_access`.',
    }),
  resource: parameter(2048).optional().meta({
    description: 'The one API that the tokens are for (RFC 8707), out of those of the client.',
  }),
  code_challenge: z
    .string()
    .regex(
      /^[A-Za-z0-9_-]{43}$/,
      'must be 43 base64url characters, the SHA-256 of the verifier (S256)',
    )
    .optional()
    .meta({ description: 'SHA-256 of the code_verifier, base64url (RFC 7636).' }),
  code_challenge_method: z
    .literal('S256')
    .optional()
    .meta({ description: 'Required with a code_challenge.' }),
  intent: z.literal('link').optional().meta({
    description:
      '`link`: nobody is signed in; the code is for `POST /me/identities`. Needs a redirect_uri.',
  }),
  login_hint: parameter(255)
    .optional()
    .meta({ description: 'Passed on to the provider; an emulated one takes a persona.' }),
  id_token_hint: z.string().optional().meta({
    description:
      'An ID token of ours, also an expired one: where somebody else signs in than it names, the answer is `login_required`.',
  }),
  prompt: parameter(64)
    .regex(/^[a-z_ ,]+$/, 'must list values like login, separated by spaces')
    .optional()
    .meta({
      description:
        'Passed on where the provider understands it. `none`: nobody is asked anything, not even at the provider.',
    }),
  max_age: z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number of seconds')
    .optional()
    .meta({
      description:
        'How many seconds ago the person may have authenticated at the provider, at most.',
    }),
  ui_locales: z
    .string()
    .optional()
    .meta({ description: 'Languages for the page, the preferred one first.' }),
})
export type AuthorizationRequest = z.infer<typeof AuthorizationRequest>
