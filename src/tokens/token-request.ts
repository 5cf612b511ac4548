import { z } from 'zod'
import { clientCredentials } from './client-auth.ts'
import { ExchangeParameters } from './exchange.ts'
import { TokenResponse } from './issue.ts'

/** A token request (RFC 6749, sections 4.1.3 and 6); what is not listed is ignored. */
export const TokenRequest = z.object({
  grant_type: z.string().max(128).optional().meta({
    description: '`authorization_code`, `refresh_token`, or the token exchange for native sign-in.',
  }),
  ...clientCredentials,
  code: z
    .string()
    .max(256)
    .optional()
    .meta({ description: 'From the redirect; once, within 60 seconds.' }),
  redirect_uri: z
    .string()
    .max(2048)
    .optional()
    .meta({ description: 'The one of the authorization request.' }),
  code_verifier: z
    .string()
    .max(256)
    .optional()
    .meta({ description: 'What the code_challenge was made of (RFC 7636).' }),
  refresh_token: z
    .string()
    .max(4096)
    .optional()
    .meta({ description: 'The last one; in cookie mode the cookie stands for it.' }),
  scope: z.string().max(255).optional().meta({ description: 'At most what was granted.' }),
  ...ExchangeParameters.shape,
})
export type TokenRequest = z.infer<typeof TokenRequest>

/** What a refresh in cookie mode answers: the tokens are in the cookies. */
export const RefreshedInCookies = TokenResponse.pick({
  token_type: true,
  expires_in: true,
  scope: true,
})
  .strict()
  .meta({ id: 'RefreshedInCookies', description: 'In cookie mode no script sees a token.' })
