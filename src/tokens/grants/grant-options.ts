import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Client } from '../../core/client/client.ts'
import type { Accounts } from '../../core/identity/accounts.ts'
import type { Sessions } from '../../core/tokens/sessions.ts'
import type { TokenStore } from '../../core/tokens/token-store.ts'
import type { RateLimit } from '../../http/limits.ts'
import type { SessionCookies } from '../cookies/session-cookies.ts'
import type { Tokens } from '../tokens.ts'
import type { SignInNatively } from './exchange.ts'
import type { TokenRequest } from './token-request.ts'

/** What the grants need of other rooms. */
export interface GrantOptions {
  clients: readonly Client[]
  tokens: Pick<Tokens, 'issue' | 'issueToClient' | 'families' | 'ttl' | 'issuer'>
  tokenStore: TokenStore
  accounts: Pick<Accounts, 'findBySession'>
  sessions: Pick<Sessions, 'findByRefreshToken'>
  signInNatively: SignInNatively
  cookies: SessionCookies
  /** How many sessions of one user are kept. */
  sessionsPerUser: number
  /** Counts a native request. Throws `rate_limited`. */
  limits: { native: RateLimit }
}

/** A token request while it is handled. */
export interface GrantCall {
  request: FastifyRequest
  reply: FastifyReply
  body: TokenRequest
}
