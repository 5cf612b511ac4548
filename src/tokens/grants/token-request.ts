import { z } from 'zod'
import { codeParameters } from '../../core/client/presented-code.ts'
import { resourceParameter } from '../../core/client/resource.ts'
import { TokenResponse } from '../../core/tokens/token-response.ts'
import { clientCredentials } from '../authenticate-client.ts'
import { ExchangeParameters } from './exchange.ts'

/** A token request (RFC 6749, sections 4.1.3 and 6). Other parameters are ignored. */
export const TokenRequest = z.object({
  grant_type: z.string().max(128).meta({
    description:
      '`authorization_code`, `refresh_token`, the token exchange for native sign-in, or `client_credentials`.',
  }),
  ...clientCredentials,
  ...codeParameters,
  refresh_token: z
    .string()
    .max(4096)
    .optional()
    .meta({ description: 'The last one; in cookie mode the cookie stands for it.' }),
  scope: z.string().max(2048).optional().meta({ description: 'At most what was granted.' }),
  resource: resourceParameter,
  ...ExchangeParameters.shape,
})
export type TokenRequest = z.infer<typeof TokenRequest>

/** The answer to a refresh in cookie mode: the tokens themselves are in cookies. */
export const RefreshedInCookies = TokenResponse.pick({
  token_type: true,
  expires_in: true,
  scope: true,
})
  .strict()
  .meta({ id: 'RefreshedInCookies', description: 'In cookie mode no script sees a token.' })
export type RefreshedInCookies = z.infer<typeof RefreshedInCookies>
