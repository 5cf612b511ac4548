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

/** The caller, as the access token says. */
export interface Caller extends SessionRef, Asking {
  clientId: string
  scope: Scope
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `requireToken`. */
    caller: Caller | null
  }
}

/** The error where the caller's session is over. */
export const sessionOver = () => invalidToken('session_over')

/**
 * Gives what a store found for the caller's session. Throws `invalid_token` where it found none.
 */
export function alive<T>(found: T | null | false): T {
  if (found === null || found === false) throw sessionOver()
  return found
}

/**
 * The error where the sign-in is too long ago for an action that cannot be undone (RFC 9470,
 * section 3).
 */
export const signInAgain = (maxAgeSeconds: number | null) =>
  new LatchkeyError('insufficient_user_authentication', said.signInAgain, {
    challenge: { max_age: maxAgeSeconds ?? 0 },
  })

/** How to find out who calls. */
export interface TokenOptions {
  tokens: {
    /**
     * The claims of an access token that belongs to a session and is for our own routes; else null.
     */
    verifySessionToken(
      token: string,
    ): { sub: string; sid: string; client_id: string; scope: string } | null
    /** The claims of any access token of ours; else null. */
    verifyAccessToken(token: string): object | null
  }
  cookies: {
    /** The access token of a session in cookies. Throws where the request may be forged. */
    readAccessToken(request: FastifyRequest): Promise<string | null>
    clear(reply: FastifyReply): void
  }
}

/**
 * Requires a valid access token on all routes of a room: the Authorization header's where there is
 * one, else the cookie's.
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
    // A token for another audience (RFC 8707), or one that a client has for itself.
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

/** Errors that are raised before any store is asked whether the session is alive. */
const BEFORE_STORES: readonly ErrorCode[] = [
  'invalid_request',
  'insufficient_scope',
  'payload_too_large',
  'unsupported_media_type',
]

/** Lets a caller whose session is over hear only that, whatever else is wrong with the request. */
export function refuseOverFirst(room: FastifyInstance, sessions: Pick<Sessions, 'isAlive'>): void {
  room.setErrorHandler(async (thrown, request) => {
    const isFirst = BEFORE_STORES.includes(toLatchkeyError(thrown).code)
    if (isFirst && request.caller) alive(await sessions.isAlive(request.caller))
    throw thrown
  })
}

/** The error where the token lacks the scope (RFC 6750, section 3.1). */
const insufficientScope = (scope: ScopeName) =>
  new LatchkeyError('insufficient_scope', `The access token needs the scope "${scope}".`, {
    challenge: { scope },
  })

/**
 * Requires a scope on all routes of a room below `requireToken`, and counts the requests of each
 * user. `mayHave` says whether a client that was granted the scope may still use it.
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

/** The caller of a route below `requireToken`. */
export function callerOf(request: FastifyRequest): Caller {
  if (request.caller === null) throw invalidToken('missing')
  return request.caller
}
