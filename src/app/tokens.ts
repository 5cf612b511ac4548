import { idTokenAlgOf, idTokenAlgs } from '../core/client/client.ts'
import { createSealer } from '../core/secrets.ts'
import { createFrontPages } from '../login/ways-on/front-pages.ts'
import { createSignedOutPage } from '../pages/signed-out.ts'
import { createSessionCookies, type SessionCookies } from '../tokens/cookies/session-cookies.ts'
import { metadataRoutes } from '../tokens/discovery.ts'
import { grantTypes } from '../tokens/grants/grant-types.ts'
import { createTokenFamilies } from '../tokens/grants/token-family.ts'
import { keyRoutes } from '../tokens/keys/jwks.ts'
import { logoutRoutes } from '../tokens/logout/logout.ts'
import { createTokens, type Tokens } from '../tokens/tokens.ts'
import type { AppContext, Shared } from './context.ts'

/** What we issue, and the keys that sign it. */
export function openTokens({ app, settings, stores, secrets }: AppContext): Promise<Tokens> {
  return createTokens(app, {
    store: stores.signingKeys,
    sealer: createSealer(secrets, 'signing keys'),
    families: createTokenFamilies(secrets),
    needs: {
      accessAlg: settings.signingAlg,
      idAlgs: idTokenAlgs(settings.clients),
      keepMs: settings.sessionTtlSeconds * 1000,
    },
    rotationSeconds: settings.signingKeyRotationSeconds,
    rules: {
      issuer: settings.publicUrl,
      tokenAudience: settings.tokenAudience,
      accessTokenTtlSeconds: settings.accessTokenTtlSeconds,
      rolesOf: stores.sessions.rolesOf,
      idTokenAlgOf: (id) => idTokenAlgOf(settings.clients, id),
    },
    ttl: {
      refreshTokenTtlSeconds: settings.refreshTokenTtlSeconds,
      sessionTtlSeconds: settings.sessionTtlSeconds,
    },
  })
}

/** The sessions that live in cookies. */
export function openCookies(
  { settings, stores, secrets }: AppContext,
  { verifySessionToken }: Tokens,
): SessionCookies {
  return createSessionCookies({
    publicUrl: settings.publicUrl,
    clients: settings.clients,
    refreshTokenTtlSeconds: settings.refreshTokenTtlSeconds,
    sessions: stores.sessions,
    verifySessionToken,
    sealer: createSealer(secrets, 'opened sessions'),
    sessionTtlSeconds: settings.sessionTtlSeconds,
  })
}

/** Keys and metadata, and signing out. */
export async function addTokenRooms(
  { app, settings, stores, secrets, look, tokenSealer }: AppContext,
  { tokens, cookies, providers }: Shared,
): Promise<void> {
  const { publicUrl, clients } = settings
  await app.register(async (room) => {
    keyRoutes(room, tokens.keys)
    metadataRoutes(room, {
      publicUrl,
      idTokenAlgs: idTokenAlgs(clients),
      grantTypes: [...grantTypes.keys()],
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
      sendSignedOutPage: createSignedOutPage(look, createFrontPages(clients, publicUrl).reachable),
      async idTokenOf(session, provider) {
        const { stored } = await stores.providerTokens.find(session, provider)
        return stored && (tokenSealer.open(stored.sealed, stored)?.access?.idToken ?? null)
      },
    }),
  )
}
