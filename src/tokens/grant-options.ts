import type { FastifyRequest } from 'fastify'
import type { Client } from '../core/client.ts'
import type { Accounts, Sessions } from '../core/stores.ts'
import type { TokenStore } from '../core/token-store.ts'
import type { SignInNatively } from './exchange.ts'
import type { TokenIssuer } from './issue.ts'
import type { SessionCookies } from './session-cookies.ts'
import type { TokenFamilies } from './token-family.ts'

/** What the grants need. */
export interface GrantOptions {
  clients: readonly Client[]
  tokens: TokenStore
  accounts: Pick<Accounts, 'findBySession'>
  sessions: Pick<Sessions, 'findByRefreshToken'>
  issue: TokenIssuer
  families: TokenFamilies
  signInNatively: SignInNatively
  cookies: SessionCookies
  ttl: { refreshTokenSeconds: number; sessionSeconds: number }
  /** Of each user so many sessions are kept. */
  sessionsPerUser: number
  /** What counts a request, and throws where it is one too many. */
  limits: { native: (request: FastifyRequest) => Promise<void> }
}
