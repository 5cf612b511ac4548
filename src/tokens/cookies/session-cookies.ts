import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Client } from '../../core/client/client.ts'
import type { SessionRef } from '../../core/identity/session-ref.ts'
import { createRecent } from '../../core/recent.ts'
import { hashToken, type Sealer } from '../../core/secrets.ts'
import { cookieName, isHttps } from '../../core/settings/public-url.ts'
import type { Sessions } from '../../core/tokens/sessions.ts'
import { type BrowserMarks, createBrowserMarks } from './browser-marks.ts'
import { requireOwnOrigin } from './own-origin.ts'

/** The tokens that cookies hold. */
interface CookieTokens {
  access_token: string
  expires_in: number
  refresh_token: string
}

/** Sessions in cookies (`response_mode=cookie`): scripts never see their tokens. */
export interface SessionCookies {
  set(reply: FastifyReply, clientId: string, tokens: CookieTokens): void
  clear(reply: FastifyReply): void
  /**
   * The refresh token of the cookie, null where there is none. Throws `csrf` for another site's
   * page.
   */
  readRefreshToken(request: FastifyRequest): string | null
  /** The client whose session the cookies hold; null where it is no longer registered. */
  clientOf(request: FastifyRequest): Client | null
  /**
   * The access token of the cookie; null where there is none, or its session was not opened in
   * cookie mode. Throws `csrf` for another site's page.
   */
  readAccessToken(request: FastifyRequest): Promise<string | null>
  /**
   * The session that the cookies hold, found by the access token or the refresh token; null where
   * it is over. With `orResting` a session also counts whose user is disabled.
   */
  findSession(
    request: FastifyRequest,
    options?: { orResting?: boolean },
  ): Promise<SessionRef | null>
  /**
   * Throws `csrf` where session cookies are sent and the request may come from another site's page.
   */
  requireOwnOriginIfSignedIn(request: FastifyRequest): void
  /** Whether any session cookie is there. */
  isPresent(request: FastifyRequest): boolean
  /** Remembers sessions that this browser opened whose apps got a code. */
  marks: BrowserMarks
}

/**
 * The largest size of a cookie's name and value together: browsers silently drop larger ones (RFC
 * 6265bis, section 5.6).
 */
const LARGEST_COOKIE = 4096

/** How many sessions are remembered to be in cookie mode, which never changes. */
const REMEMBERED = 5_000

/** Session cookies, named `__Host-` and Secure where PUBLIC_URL is https. */
export function createSessionCookies(options: {
  publicUrl: string
  clients: readonly Client[]
  refreshTokenTtlSeconds: number
  sessions: Pick<Sessions, 'findByRefreshToken' | 'isAlive' | 'isRunning' | 'isInCookies'>
  verifySessionToken: (token: string) => { sub: string; sid: string; client_id: string } | null
  /** Seals the marks. */
  sealer: Sealer
  sessionTtlSeconds: number
}): SessionCookies {
  const { publicUrl, clients, sessions, verifySessionToken } = options
  const names = {
    access: cookieName(publicUrl, 'access'),
    refresh: cookieName(publicUrl, 'refresh'),
  }
  const secure = isHttps(publicUrl)
  const attributes = { path: '/', httpOnly: true, secure, sameSite: 'lax' } as const
  const find = (id: string | undefined) => clients.find((client) => client.id === id) ?? null
  // The refresh cookie is `<client>:<token>`, so that a page need not name its client.
  const splitRefresh = (request: FastifyRequest) => {
    const value = request.cookies[names.refresh] ?? ''
    const colon = value.lastIndexOf(':')
    return { clientId: value.slice(0, Math.max(colon, 0)), token: value.slice(colon + 1) }
  }
  const refreshClient = (request: FastifyRequest) => find(splitRefresh(request).clientId)
  const clientOfSession = (request: FastifyRequest) =>
    find(verifySessionToken(request.cookies[names.access] ?? '')?.client_id) ??
    refreshClient(request)
  const isPresent = (request: FastifyRequest) =>
    Object.values(names).some((name) => Boolean(request.cookies[name]))
  const remembered = createRecent<true>(REMEMBERED)
  const isInCookies = async (session: SessionRef) => {
    if (remembered.get(session.sessionId)) return true
    if (!(await sessions.isInCookies(session))) return false
    remembered.set(session.sessionId, true)
    return true
  }
  return {
    set(reply, clientId, tokens) {
      const bytes = names.access.length + tokens.access_token.length
      if (bytes > LARGEST_COOKIE) {
        reply.log.warn(
          { event: 'cookie_too_large', client: clientId, bytes },
          'browsers drop this access token: a cookie has at most 4096 bytes. Give the user fewer or shorter roles, or let the client leave out the scope roles',
        )
      }
      reply.setCookie(names.access, tokens.access_token, {
        ...attributes,
        maxAge: tokens.expires_in,
      })
      reply.setCookie(names.refresh, `${clientId}:${tokens.refresh_token}`, {
        ...attributes,
        maxAge: options.refreshTokenTtlSeconds,
      })
    },
    clear(reply) {
      for (const name of Object.values(names)) {
        reply.setCookie(name, '', { ...attributes, maxAge: 0 })
      }
    },
    readRefreshToken(request) {
      const { token } = splitRefresh(request)
      if (token === '') return null
      requireOwnOrigin(request, publicUrl, refreshClient(request))
      return token
    },
    clientOf: refreshClient,
    async readAccessToken(request) {
      const token = request.cookies[names.access] ?? ''
      if (token === '') return null
      requireOwnOrigin(request, publicUrl, clientOfSession(request))
      const claims = verifySessionToken(token)
      return claims !== null && (await isInCookies(refOf(claims))) ? token : null
    },
    async findSession(request, { orResting = false } = {}) {
      const claims = verifySessionToken(request.cookies[names.access] ?? '')
      const named = claims && refOf(claims)
      const shown = named !== null && (await isInCookies(named)) ? named : null
      if (shown !== null && (await sessions.isAlive(shown))) return shown
      const { token } = splitRefresh(request)
      const found = token === '' ? null : await sessions.findByRefreshToken(hashToken(token))
      const counts = found !== null && (found.isAlive || orResting)
      const renewable = counts ? { userId: found.userId, sessionId: found.id } : null
      if (renewable !== null && (await isInCookies(renewable))) return renewable
      return orResting && shown !== null && (await sessions.isRunning(shown)) ? shown : null
    },
    requireOwnOriginIfSignedIn(request) {
      if (isPresent(request)) requireOwnOrigin(request, publicUrl, clientOfSession(request))
    },
    isPresent,
    marks: createBrowserMarks(options.sealer, options),
  }
}

const refOf = ({ sub, sid }: { sub: string; sid: string }): SessionRef => ({
  userId: sub,
  sessionId: sid,
})
