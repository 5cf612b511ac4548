import type { FastifyInstance } from 'fastify'
import { type Client, findClient } from '../core/client/client.ts'
import { readScope } from '../core/client/scope.ts'
import { LatchkeyError } from '../core/errors.ts'
import type { Sessions } from '../core/tokens/sessions.ts'
import { know } from '../http/log/known.ts'
import { invalidToken, readBearer, whyNoToken } from '../http/requests/credentials.ts'

/** Reads the claims of our own access tokens; null for any other token. */
export interface AdminTokens {
  verify(token: string): {
    sub: string
    sid?: string | undefined
    aud: string | string[]
    client_id: string
    scope: string
  } | null
  issuer: string
}

/**
 * Requires, on all routes of a room, an access token with the scope `admin` that a client got for
 * itself by client_credentials. Cookies do not count. The client's registration is looked up at
 * each request.
 */
export function requireAdmin(
  room: FastifyInstance,
  {
    tokens,
    clients,
    sessions,
  }: {
    tokens: AdminTokens
    clients: readonly Client[]
    sessions: Pick<Sessions, 'isAlive'>
  },
): void {
  room.addHook('onRequest', async (request) => {
    const token = readBearer(request)
    if (token === null) throw invalidToken(whyNoToken(request))
    const claims = tokens.verify(token)
    if (claims === null) throw invalidToken('not_ours_or_expired')
    if (![claims.aud].flat().includes(tokens.issuer)) throw invalidToken('not_for_these_routes')
    const { client_id: clientId, scope, sub: userId, sid: sessionId } = claims
    // A token of a session that is over is told only that.
    const isOver = sessionId !== undefined && !(await sessions.isAlive({ userId, sessionId }))
    if (isOver) throw invalidToken('session_over')
    if (!readScope(scope).has('admin') || sessionId !== undefined) throw notForAdmin(clientId)
    // A token outlives the permission: a client whose ADMIN setting was removed is refused.
    if (findClient(clients, clientId)?.isAdmin !== true) throw invalidToken('client_not_allowed')
    request.adminClient = clientId
    know(request, { client: clientId })
  })
  room.decorateRequest('adminClient', '')
}

const notForAdmin = (client: string) =>
  new LatchkeyError('insufficient_scope', 'The access token needs the scope "admin".', {
    challenge: { scope: 'admin' },
    evidence: { client },
  })

declare module 'fastify' {
  interface FastifyRequest {
    /** The id of the calling client; set by `requireAdmin`. */
    adminClient: string
  }
}
