import { z } from 'zod'

/** The token response (RFC 6749, section 5.1). */
export const TokenResponse = z
  .object({
    access_token: z.string().meta({ description: 'JWT, `typ: at+jwt`; verify it by the JWKS.' }),
    token_type: z.literal('Bearer').meta({ description: 'RFC 6750.' }),
    expires_in: z.int().meta({ description: 'Seconds for which the access token is valid.' }),
    refresh_token: z.string().meta({ description: 'Opaque; stored here only as a hash.' }),
    scope: z.string().meta({ description: 'What was granted, separated by spaces.' }),
    id_token: z.string().optional().meta({ description: 'Where `openid` was asked for.' }),
    issued_token_type: z
      .string()
      .optional()
      .meta({ description: 'Of a token exchange (RFC 8693).' }),
  })
  .meta({ id: 'TokenResponse', description: 'RFC 6749, section 5.1.' })
export type TokenResponse = z.infer<typeof TokenResponse>

/** The token response to a client that acts for itself (RFC 6749, section 4.4.3). */
export const ClientTokenResponse = TokenResponse.pick({
  access_token: true,
  token_type: true,
  expires_in: true,
  scope: true,
})
  .strict()
  .meta({ id: 'ClientTokenResponse', description: 'RFC 6749, section 4.4.3: no refresh token.' })
export type ClientTokenResponse = z.infer<typeof ClientTokenResponse>
