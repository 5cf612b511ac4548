import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readScope, type Scope, type ScopeName } from '../core/client/scope.ts'
import { type ErrorCode, LatchkeyError } from '../core/errors.ts'
import type { Asking } from '../core/events/audit.ts'
import type { SessionRef } from '../core/identity/session-ref.ts'
import { said } from '../core/messages.ts'
import type { Sessions } from '../core/tokens/sessions.ts'
import { toLatchkeyError } from '../http/errors/problems.ts'
import type { UserLimit } from '../http/limits.ts'
import { know } from '../http/log/known.ts'
import { invalidToken, readBearer, type WhyNot, whyNoToken } from '../http/requests/credentials.ts'

/** Who calls, as the access token says. */
export interface Caller extends SessionRef, Asking {
  clientId: string
  scope: Scope
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set behind `requireToken`. */
    caller: Caller | null
  }
}

/** The caller's session is over. */
export const sessionOver = () => invalidToken('session_over')

/** What a store gave for the caller's session. Throws `invalid_token` where that is not alive. */
export function alive<T>(found: T | null | false): T {
  if (found === null || found === false) throw sessionOver()
  return found
}

/** The session began too long ago for what cannot be undone (RFC 9470, section 3). */
export const signInAgain = (maxAgeSeconds: number | null) =>
  new LatchkeyError('insufficient_user_authentication', said.signInAgain, {
    challenge: { max_age: maxAgeSeconds ?? 0 },
  })

/** What tells a room who calls. */
export interface TokenOptions {
  tokens: {
    /** The claims of an access token of a session for our own routes, null for any other. */
    verifySessionToken(
      token: string,
    ): { sub: string; sid: string; client_id: string; scope: string } | null
    /** The claims of any access token of ours. */
    verifyAccessToken(token: string): object | null
  }
  cookies: {
    /** The access token of a session that lives in cookies; throws where the request may be forged. */
    readAccessToken(request: FastifyRequest): Promise<string | null>
    clear(reply: FastifyReply): void
  }
}

/**
 * Furnishes a room whose routes all need a valid access token: the header's where there is one, else
 * the cookie's.
 */
export function requireToken(room: FastifyInstance, { tokens, cookies }: TokenOptions): void {
  room.decorateRequest('caller', null)
  const readCaller = (token: string | null): Caller | null => {
    const claims = token === null ? null : tokens.verifySessionToken(token)
    if (claims === null) return null
    const { sub: userId, sid: sessionId, client_id: clientId, scope } = claims
    return { userId, sessionId, clientId, scope: readScope(scope) }
  }
  const whyNot = (request: FastifyRequest, token: string | null): WhyNot => {
    if (token === null) return whyNoToken(request)
    // A token with another `aud` (RFC 8707), or one that a client has for itself.
    return tokens.verifyAccessToken(token) === null ? 'not_ours_or_expired' : 'not_for_these_routes'
  }
  room.addHook('onRequest', (request, _reply, done) => {
    const settle = (token: string | null) => {
      request.caller = readCaller(token)
      if (request.caller !== null) {
        const { userId: user, sessionId: session, clientId: client } = request.caller
        know(request, { user, session, client })
      }
      done(request.caller === null ? invalidToken(whyNot(request, token)) : undefined)
    }
    if (request.headers.authorization !== undefined) settle(readBearer(request))
    else cookies.readAccessToken(request).then(settle, done)
  })
}

/** What a request is refused for before any store is asked whether its session lives. */
const BEFORE_STORES: readonly ErrorCode[] = [
  'invalid_request',
  'insufficient_scope',
  'payload_too_large',
  'unsupported_media_type',
]

/** Whoever comes with a session that is over hears of that alone, whatever else is wrong with the request. */
export function refuseOverFirst(room: FastifyInstance, sessions: Pick<Sessions, 'isAlive'>): void {
  room.setErrorHandler(async (thrown, request) => {
    const isFirst = BEFORE_STORES.includes(toLatchkeyError(thrown).code)
    if (isFirst && request.caller) alive(await sessions.isAlive(request.caller))
    throw thrown
  })
}

/** The token may be used, but not for this (RFC 6750, section 3.1). */
const insufficientScope = (scope: ScopeName) =>
  new LatchkeyError('insufficient_scope', `The access token needs the scope "${scope}".`, {
    challenge: { scope },
  })

/**
 * Furnishes a room below `requireToken` whose routes all need a scope, and are counted for each user.
 * `mayHave` says whether a client that was granted it still may.
 */
export function requireScope(
  room: FastifyInstance,
  scope: ScopeName,
  limit: UserLimit,
  mayHave: (clientId: string) => boolean = () => true,
): void {
  room.addHook('onRequest', async (request) => {
    const caller = callerOf(request)
    if (!caller.scope.has(scope) || !mayHave(caller.clientId)) throw insufficientScope(scope)
    await limit(request, caller.userId)
  })
}

/** The caller of a route behind `requireToken`. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw invalidToken('missing')
  return request.caller
}
