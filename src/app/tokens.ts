import { createSealer } from '../core/secrets.ts'
import { TOKEN_EXCHANGE } from '../tokens/exchange.ts'
import { logoutRoutes } from '../tokens/logout.ts'
import { metadataRoutes } from '../tokens/metadata.ts'
import { keyRoutes } from '../tokens/routes.ts'
import { createSessionCookies, type SessionCookies } from '../tokens/session-cookies.ts'
import { createTokenFamilies } from '../tokens/token-family.ts'
import { createTokens, type Tokens } from '../tokens/tokens.ts'
import type { AppContext, Shared } from './context.ts'

/** What we issue, and the keys that sign it. */
export function openTokens({ app, settings, stores, secrets }: AppContext): Promise<Tokens> {
  return createTokens(app, {
    store: stores.signingKeys,
    sealer: createSealer(secrets, 'signing keys'),
    families: createTokenFamilies(secrets),
    alg: settings.signingAlg,
    rotationSeconds: settings.signingKeyRotationSeconds,
    issuer: settings.publicUrl,
    audience: settings.tokenAudience,
    accessTokenSeconds: settings.accessTokenTtlSeconds,
    ttl: {
      refreshTokenSeconds: settings.refreshTokenTtlSeconds,
      sessionSeconds: settings.sessionTtlSeconds,
    },
  })
}

/** The sessions that live in cookies. */
export function openCookies(
  { settings, stores, https }: AppContext,
  { verifyAccessToken }: Tokens,
): SessionCookies {
  return createSessionCookies({
    https,
    publicUrl: settings.publicUrl,
    clients: settings.clients,
    refreshTokenTtlSeconds: settings.refreshTokenTtlSeconds,
    sessions: stores.sessions,
    verifyAccessToken,
  })
}

/** Keys and metadata, and signing out. */
export async function addTokenRooms(
  { app, settings, stores, secrets }: AppContext,
  { tokens, cookies, providers }: Shared,
): Promise<void> {
  const { publicUrl, clients, signingAlg } = settings
  await app.register(async (room) => {
    keyRoutes(room, tokens.keys)
    metadataRoutes(room, {
      publicUrl,
      signingAlg,
      grantTypes: ['authorization_code', 'refresh_token', TOKEN_EXCHANGE],
    })
  })
  await app.register(async (room) =>
    logoutRoutes(room, {
      clients,
      sessions: stores.sessions,
      tokens,
      cookies,
      providers,
      publicUrl,
      sealer: createSealer(secrets, 'logout states'),
    }),
  )
}
