import type { Client } from '../../core/client/client.ts'
import type { ClientTokenResponse, TokenResponse } from '../../core/tokens/token-response.ts'
import { grantToClient } from './client-credentials.ts'
import { exchangeToken, TOKEN_EXCHANGE } from './exchange.ts'
import type { GrantCall, GrantOptions } from './grant-options.ts'
import { redeemCode } from './redeem-code.ts'
import { refresh } from './refresh.ts'
import type { RefreshedInCookies } from './token-request.ts'

/** What a token request is answered with. */
export type Granted = TokenResponse | ClientTokenResponse | RefreshedInCookies

/** Turns what a client presents into tokens. */
type Grant = (options: GrantOptions, client: Client, call: GrantCall) => Promise<Granted>

/** The grants by `grant_type`, for a client that has been authenticated. */
export const grantTypes: ReadonlyMap<string, Grant> = new Map<string, Grant>([
  ['authorization_code', redeemCode],
  ['refresh_token', refresh],
  [
    TOKEN_EXCHANGE,
    async (options, client, call) => {
      await options.limits.native(call.request)
      return exchangeToken(options, client, call)
    },
  ],
  ['client_credentials', (options, client, { body }) => grantToClient(options, client, body)],
])

/**
 * Whether the request brings its refresh token, and with it its client, in the session's cookie.
 */
export const comesByCookie = ({ cookies }: GrantOptions, { body, request }: GrantCall): boolean =>
  body.grant_type === 'refresh_token' &&
  body.refresh_token === undefined &&
  cookies.isPresent(request)
