import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TokenResponse } from '../core/token-response.ts'
import { exchangeToken, TOKEN_EXCHANGE } from './exchange.ts'
import type { GrantOptions } from './grant-options.ts'
import { redeemCode } from './redeem-code.ts'
import { refresh } from './refresh.ts'
import type { RefreshedInCookies, TokenRequest } from './token-request.ts'

/** Swaps what a client shows for tokens. */
type Grant = (
  options: GrantOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  body: TokenRequest,
) => Promise<TokenResponse | RefreshedInCookies>

/** Each grant, by its type. */
export const grantTypes: ReadonlyMap<string, Grant> = new Map<string, Grant>([
  ['authorization_code', (options, request, _reply, body) => redeemCode(options, request, body)],
  ['refresh_token', refresh],
  [
    TOKEN_EXCHANGE,
    async (options, request, _reply, body) => {
      await options.limits.native(request)
      return exchangeToken(options, request, body)
    },
  ],
])
