import type { FastifyInstance } from 'fastify'
import type { TokenSealer } from '../core/provider/provider-tokens.ts'
import type { Tracer } from '../core/tracer.ts'
import type { Stores } from '../db/stores/index.ts'
import type { LogStream } from '../http/log/standard-output.ts'
import type { Meter } from '../operations/metrics.ts'
import type { RateLimits } from '../operations/rate-limits.ts'
import type { Look } from '../pages/look.ts'
import type { Settings } from '../settings/index.ts'
import type { SessionCookies } from '../tokens/cookies/session-cookies.ts'
import type { Tokens } from '../tokens/tokens.ts'
import type { Providers } from '../upstream/directory.ts'

/** What an app is built from. */
export interface AppDependencies {
  stores: Stores
  secrets: readonly string[]
  /**
   * How long the calls of one login to its provider may take together, in milliseconds; ten seconds
   * by default.
   */
  outboundMs?: number
  /** Where log lines go; standard output by default. */
  logStream?: LogStream
}

/** What every part of the app is built with. What a part opens, it closes together with `app`. */
export interface AppContext extends AppDependencies {
  app: FastifyInstance
  settings: Settings
  meter: Meter
  /** How pages look. */
  look: Look
  tracer: Tracer
  /** What seals the providers' tokens. */
  tokenSealer: TokenSealer
}

/** What several rooms share. */
export interface Shared {
  tokens: Tokens
  cookies: SessionCookies
  providers: Providers
  limits: RateLimits
  /** Sends what is due in the outbox now. */
  wakeOutbox: () => void
}
