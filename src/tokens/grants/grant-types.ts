import type { Client } from '../../core/client/client.ts'
import type { ClientTokenResponse, TokenResponse } from '../../core/tokens/token-response.ts'
import { grantToClient } from './client-credentials.ts'
import { exchangeToken, TOKEN_EXCHANGE } from './exchange.ts'
import type { GrantCall, GrantOptions } from './grant-options.ts'
import { redeemCode } from './redeem-code.ts'
import { refresh } from './refresh.ts'
import type { RefreshedInCookies } from './token-request.ts'

/** What a token request comes to. */
export type Granted = TokenResponse | ClientTokenResponse | RefreshedInCookies

/** Exchanges what a client presents for tokens. */
type Grant = (options: GrantOptions, client: Client, call: GrantCall) => Promise<Granted>

/** Each grant of a client that has authenticated, by its type. */
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

/** Whether the session's cookie stands for the refresh token and its client: the one grant without one. */
export const comesByCookie = ({ cookies }: GrantOptions, { body, request }: GrantCall): boolean =>
  body.grant_type === 'refresh_token' &&
  body.refresh_token === undefined &&
  cookies.isPresent(request)
