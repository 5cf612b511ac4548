import type { FastifyInstance } from 'fastify'
import { type Client, findClient } from '../core/client/client.ts'
import { readScope } from '../core/client/scope.ts'
import { LatchkeyError } from '../core/errors.ts'
import type { Sessions } from '../core/tokens/sessions.ts'
import { know } from '../http/log/known.ts'
import { invalidToken, readBearer, whyNoToken } from '../http/requests/credentials.ts'

/** What tells the room who calls: the claims of an access token of ours, null for any other. */
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
 * Furnishes a room whose routes a client calls for itself: by a token of the scope `admin` that it got by
 * client_credentials. No cookie counts, and the client's registration is looked at each time.
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
    // Of a session that is over nothing else is told.
    const isOver = sessionId !== undefined && !(await sessions.isAlive({ userId, sessionId }))
    if (isOver) throw invalidToken('session_over')
    if (!readScope(scope).has('admin') || sessionId !== undefined) throw notForAdmin(clientId)
    // A client that may no longer ask has no use for what it still holds.
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
    /** The client that calls, behind `requireAdmin`. */
    adminClient: string
  }
}
