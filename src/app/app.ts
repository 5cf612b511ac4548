import cookie from '@fastify/cookie'
import type { FastifyInstance } from 'fastify'
import { accountRoutes } from '../account/routes.ts'
import { Account } from '../core/account.ts'
import { createGrantSealer } from '../core/kept-grant.ts'
import { createSealer } from '../core/secrets.ts'
import { TokenResponse } from '../core/token-response.ts'
import type { Stores } from '../db/stores/index.ts'
import { allowOrigins } from '../http/cors.ts'
import { watchMethods } from '../http/methods.ts'
import { createServer } from '../http/server.ts'
import { createNativeProof, createNativeSignIn } from '../login/native.ts'
import { loginRoutes } from '../login/routes.ts'
import { startLogin } from '../login/start.ts'
import { docsRoutes } from '../operations/docs.ts'
import { healthRoutes } from '../operations/health.ts'
import { noMeter, openMetrics } from '../operations/metrics.ts'
import { describeRoutes } from '../operations/openapi.ts'
import { createRateLimits, noRateLimits } from '../operations/rate-limits.ts'
import { startSweeping } from '../operations/sweep.ts'
import { isInAppBrowser } from '../pages/in-app.ts'
import { otherLoginRoutes } from '../pages/other-logins.ts'
import { playgroundRoutes } from '../pages/playground/routes.ts'
import { sendPopupPage } from '../pages/popup.ts'
import { createBareProblemPage, createProblemPage } from '../pages/problem.ts'
import { pageRoutes } from '../pages/routes.ts'
import type { Settings } from '../settings/index.ts'
import { callerOf, createAccessTokenVerifier, readIdTokenHint } from '../tokens/access-token.ts'
import { TOKEN_EXCHANGE } from '../tokens/exchange.ts'
import { createSessionPreparer, createTokenIssuer } from '../tokens/issue.ts'
import { logoutRoutes } from '../tokens/logout.ts'
import { metadataRoutes } from '../tokens/metadata.ts'
import { keyRoutes } from '../tokens/routes.ts'
import { createSessionCookies } from '../tokens/session-cookies.ts'
import { openKeyRing } from '../tokens/signing-keys.ts'
import { createTokenFamilies } from '../tokens/token-family.ts'
import { tokenRoutes } from '../tokens/token-routes.ts'
import { createOutbound } from '../upstream/outbound.ts'
import { prepareAhead } from '../upstream/prepare.ts'
import { emulate } from './emulation.ts'
import { createLogins, createWays, openGrants } from './logins.ts'

/** What the app stands on. */
export interface Foundation {
  stores: Stores
  secrets: readonly string[]
  /** Where log lines go; standard output by default. */
  logStream?: { write(line: string): void }
}

/** The whole service, ready to listen. */
export async function buildApp(
  settings: Settings,
  { stores, secrets, logStream }: Foundation,
): Promise<FastifyInstance> {
  const https = settings.publicUrl.startsWith('https:')
  const { memos, waysOn } = createWays(settings, secrets, (id) => logins.get(id)?.provider.row.name)
  const sendProblemPage = createProblemPage(waysOn)
  const app = createServer({
    publicUrl: settings.publicUrl,
    logLevel: settings.logLevel,
    logStream,
    trustProxy: settings.trustProxy,
    sendProblemPage,
    bareProblemPage: createBareProblemPage(settings.publicUrl),
  })
  const refuseOtherMethods = watchMethods(app)
  await app.register(cookie)
  await describeRoutes(app, settings.publicUrl)
  const meter = settings.metrics ? await openMetrics(app, stores.pendingOperations) : noMeter

  // What we issue.
  const keys = await openKeyRing({
    store: stores.signingKeys,
    sealer: createSealer(secrets, 'signing keys'),
    alg: settings.signingAlg,
    rotationSeconds: settings.signingKeyRotationSeconds,
    rules: {
      issuer: settings.publicUrl,
      audience: settings.tokenAudience,
      accessTokenTtlSeconds: settings.accessTokenTtlSeconds,
    },
    log: app.log,
  })
  const issue = createTokenIssuer(keys, settings.accessTokenTtlSeconds)
  const ttl = {
    refreshTokenSeconds: settings.refreshTokenTtlSeconds,
    sessionSeconds: settings.sessionTtlSeconds,
  }
  const families = createTokenFamilies(secrets)
  const prepareSession = createSessionPreparer(issue, families, ttl)
  const verifyAccessToken = createAccessTokenVerifier(keys)
  const cookies = createSessionCookies({
    https,
    publicUrl: settings.publicUrl,
    clients: settings.clients,
    refreshTokenTtlSeconds: settings.refreshTokenTtlSeconds,
    sessions: stores.sessions,
    verifyAccessToken,
  })

  // Signing in: one route pair per provider.
  const outbound = createOutbound()
  const grantSealer = createGrantSealer(createSealer(secrets, 'provider grants'))
  const emulation = await emulate(settings, () => import('../emulator/index.ts'))
  const logins = createLogins(settings, emulation.providers, {
    stores,
    secrets,
    https,
    memos,
    grantSealer,
    outbound,
    meter,
    prepareSession,
    sessionCookies: cookies,
    sendPopupPage,
    isInAppBrowser,
  })
  const limits = settings.rateLimit
    ? createRateLimits({ counts: stores.requestCounts, secrets, limited: meter.limited })
    : noRateLimits
  await app.register(async (room) => {
    room.addHook('onRequest', limits.login)
    for (const login of logins.values()) {
      await room.register(async (inner) => loginRoutes(inner, login))
    }
    const loginAnswer = TokenResponse.extend({ user: Account }).meta({
      id: 'LoginAnswer',
      description: 'The token response, and whom it is for.',
    })
    otherLoginRoutes(room, loginAnswer)
  })
  // After the first answer is possible, not before.
  app.addHook('onListen', async () => {
    for (const { provider } of logins.values()) prepareAhead(provider, app.log)
  })

  // Everything else, room by room.
  await app.register(async (room) =>
    pageRoutes(room, {
      publicUrl: settings.publicUrl,
      clients: settings.clients,
      providers: [...logins.values()].map(({ provider: { row } }) => ({
        id: row.id,
        name: row.name,
        button: row.button,
        refusesWebViews: row.refusesWebViews,
        emulated: settings.emulate.includes(row.id),
      })),
      startLogin: (id) => {
        const login = logins.get(id)
        return (
          login &&
          (async (request, reply) => {
            await limits.login(request)
            return startLogin(login, request, reply)
          })
        )
      },
    }),
  )
  await app.register(async (room) =>
    playgroundRoutes(room, {
      publicUrl: settings.publicUrl,
      clients: settings.clients,
      providers: [...logins.keys()],
      emulated: settings.emulate,
    }),
  )
  await app.register(async (room) => keyRoutes(room, keys))
  await app.register(async (room) => {
    metadataRoutes(room, {
      publicUrl: settings.publicUrl,
      signingAlg: settings.signingAlg,
      grantTypes: ['authorization_code', 'refresh_token', TOKEN_EXCHANGE],
    })
    logoutRoutes(room, {
      clients: settings.clients,
      sessions: stores.sessions,
      cookies,
      publicUrl: settings.publicUrl,
      sealer: createSealer(secrets, 'logout states'),
      readIdTokenHint: (token) => readIdTokenHint(keys, token),
      providerLogout: (id) => {
        const login = logins.get(id)
        return login && ((back) => login.provider.logout(back))
      },
    })
  })

  // Who leaves: the grant at each provider is revoked behind the answer.
  const { background, ...grants } = openGrants(logins, {
    ...{ stores, secrets, grantSealer },
    log: app.log,
  })
  app.addHook('onListen', async () => background.start())

  // What pages of the clients may call from their own origins.
  await app.register(async (room) => {
    const origins = new Set(settings.clients.flatMap((client) => client.origins))
    const answerPreflights = allowOrigins(room, origins)
    await room.register(async (inner) =>
      tokenRoutes(inner, {
        clients: settings.clients,
        tokens: stores.tokens,
        accounts: stores.accounts,
        sessions: stores.sessions,
        issue,
        families,
        sessionsPerUser: settings.sessionsPerUser,
        signInNatively: createNativeSignIn(logins),
        limits,
        grantEnded: meter.grantEnded,
        cookies,
        ttl,
        verifyAccessToken,
        issuer: settings.publicUrl,
        audience: settings.tokenAudience,
      }),
    )
    await room.register(accountRoutes, {
      accounts: stores.accounts,
      identities: stores.identities,
      linkCodes: stores.linkCodes,
      sessions: stores.sessions,
      clients: settings.clients,
      proveNatively: createNativeProof(logins),
      limitNative: limits.native,
      ...grants,
      clearCookies: cookies.clear,
      verifyToken: (token: string) => callerOf(verifyAccessToken(token)),
      readCookie: cookies.readAccessToken,
    })
    answerPreflights()
  })
  await app.register(async (room) => healthRoutes(room, stores.isReady))
  await app.register(async (room) => docsRoutes(room))
  refuseOtherMethods()

  const stopSweeping = startSweeping(stores.sweepBatch, app.log)
  app.addHook('onClose', async () => {
    stopSweeping()
    keys.close()
    await background.stop()
    await Promise.all([outbound.close(), emulation.close()])
  })
  await app.ready()
  return app
}
