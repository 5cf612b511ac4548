import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { LatchkeyError } from '../core/errors.ts'
import type { SessionRef } from '../core/identity/session-ref.ts'
import { longerPause } from '../core/longer-pause.ts'
import type {
  ProviderTokenStore,
  StoredProviderTokens,
} from '../core/provider/provider-token-stores.ts'
import {
  isFresh,
  type ProviderAccessToken,
  type ProviderTokens,
  type StoreTokens,
  type TokenSealer,
} from '../core/provider/provider-tokens.ts'
import { getProviderToken, NOTHING_KEPT } from './docs/provider-token.ts'
import { alive } from './protected.ts'
import { signedInRoute } from './signed-in-route.ts'

/** What handing out provider tokens needs. */
export interface ProviderTokenOptions {
  providerTokens: ProviderTokenStore
  tokenSealer: TokenSealer
  providers: { get(id: string): { tokens: TokenSource } | undefined }
}

/** What the route needs of a provider. */
interface TokenSource {
  storeTokens: StoreTokens
  refresh(tokens: ProviderTokens, subject: string): Promise<ProviderTokens>
}

/** For how long a refresh is leased; longer than one can take. */
const LEASE_SECONDS = 15
/** How long another request's refresh is waited for: as long as a call to a provider may take. */
const WAIT_MS = 10_000
const FIRST_LOOK_MS = 100

const nothingKept = () => new LatchkeyError('not_found', NOTHING_KEPT)

/**
 * `GET /me/identities/:provider/token`: an access token of the provider that is valid for at least
 * another minute.
 */
export function providerTokenRoute(room: FastifyInstance, options: ProviderTokenOptions): void {
  const path = '/me/identities/:provider/token'
  signedInRoute(room, 'GET', path, getProviderToken, async ({ caller, params }) => {
    const { token, expiresAt, scope } = await findToken(options, caller, params.provider)
    const left = expiresAt === null ? null : Math.floor((expiresAt - Date.now()) / 1000)
    return { access_token: token, token_type: 'Bearer' as const, expires_in: left, scope }
  })
}

/**
 * The stored token, or a refreshed one. Of all replicas one request refreshes, and the others wait
 * for it.
 */
async function findToken(
  options: ProviderTokenOptions,
  caller: SessionRef,
  provider: string,
): Promise<ProviderAccessToken> {
  const { providerTokens, tokenSealer } = options
  const giveUpAt = performance.now() + WAIT_MS
  const source = options.providers.get(provider)?.tokens
  for (let pause = FIRST_LOOK_MS; ; pause = longerPause(pause)) {
    // Texts that name no provider are not sent to the database.
    const id = source === undefined ? '' : provider
    const found = await providerTokens.find(caller, id)
    alive(found.isAlive)
    const { stored } = found
    const tokens = stored && tokenSealer.open(stored.sealed, stored)
    if (source?.storeTokens !== 'on' || stored === null || tokens === null) throw nothingKept()
    if (tokens.access !== null && isFresh(tokens)) return tokens.access
    if (tokens.refreshToken === null || (await providerTokens.lease(stored, LEASE_SECONDS))) {
      const fresh = await refresh(options, source, stored, tokens)
      // The provider took its time: the session may be over by now, or the identity may belong to
      // another user.
      const now = await providerTokens.find(caller, id)
      alive(now.isAlive)
      if (fresh !== null && now.stored?.subject === stored.subject) return fresh
    } else if (performance.now() > giveUpAt) {
      throw new LatchkeyError('temporarily_unavailable', 'The token is being refreshed.', {
        evidence: { reason: 'refresh_under_way' },
        retryAfterSeconds: 2,
      })
    } else {
      await wait(pause)
    }
  }
}

/** Refreshes tokens under a lease; null where a login has replaced them in the meantime. */
async function refresh(
  { providerTokens, tokenSealer }: ProviderTokenOptions,
  source: TokenSource,
  stored: StoredProviderTokens,
  tokens: ProviderTokens,
): Promise<ProviderAccessToken | null> {
  const replace = (next: ProviderTokens) =>
    providerTokens.replace(stored, tokenSealer.seal(next, stored))
  try {
    const fresh = await source.refresh(tokens, stored.subject)
    return (await replace(fresh)) ? fresh.access : null
  } catch (error) {
    const isRefused = error instanceof LatchkeyError && error.code === 'reauthentication_required'
    // A refused refresh token is forgotten, so that nobody tries it again.
    if (isRefused && tokens.refreshToken !== null) await replace({ ...tokens, refreshToken: null })
    else await providerTokens.release(stored)
    throw error
  }
}
